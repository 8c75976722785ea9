//! Who looks at a page. Only the gate makes these, so that a page which takes one cannot be had without it.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use turnpike_core::Role;
use turnpike_store::{Membership, Person, Session, Tenant, Visit};
use turnpike_tenancy::Actor;

use crate::{Permission, http::Failure};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// In which browser.
    pub session: Session,
    /// The tenants that they belong to.
    pub memberships: Vec<Membership>,
}

/// Somebody who is signed in and looks at a tenant.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// In which browser.
    pub session: Session,
    /// At whom.
    pub tenant: Tenant,
    /// As what.
    pub role: Role,
    /// Of the agency's staff, for a time, and not of the tenant.
    pub visit: Option<Visit>,
}

/// One of the agency's staff.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Who.
    pub person: Person,
    /// In which browser.
    pub session: Session,
}

impl Member {
    /// Whether they may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.reaches(permission.least_role())
    }

    /// Their name in the audit log.
    pub fn actor(&self) -> Actor {
        Actor::person(self.person.id)
    }
}

/// Taken from what the gate has put there.
macro_rules! from_gate {
    ($($type:ty),*) => {$(
        impl<S: Sync> FromRequestParts<S> for $type {
            type Rejection = Failure;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
                parts.extensions.get().cloned().ok_or(Failure::NoGate)
            }
        }

        impl<S: Sync> OptionalFromRequestParts<S> for $type {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
                Ok(parts.extensions.get().cloned())
            }
        }
    )*};
}

from_gate!(SignedIn, Member, Staff);
