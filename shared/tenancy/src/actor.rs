//! Who does something.

use std::fmt;

use turnpike_core::{ApiKeyId, LinkId, PersonId};

/// Who does something: a word for the program's own parts, an id for everybody else. Never a name or an address, so that a
/// person can be erased without touching the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor(pub String);

impl Actor {
    /// Who works at the command line.
    pub fn desk() -> Self {
        Self("desk".into())
    }

    /// The program itself.
    pub fn system() -> Self {
        Self("system".into())
    }

    /// Somebody who is signed in.
    pub fn person(id: PersonId) -> Self {
        Self(format!("person:{id}"))
    }

    /// An agent.
    pub fn key(id: ApiKeyId) -> Self {
        Self(format!("key:{id}"))
    }

    /// Somebody who came by a mailed link.
    pub fn link(id: LinkId) -> Self {
        Self(format!("link:{id}"))
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
