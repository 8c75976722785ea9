//! What members and keys of a tenant may do.

use std::{fmt, str::FromStr};

macro_rules! words {
    ($(#[$doc:meta])* $type:ident, $kind:literal { $($(#[$variant_doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $type { $($(#[$variant_doc])* $name,)* }

        impl $type {
            /// Every one of them, the least first.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the database and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let all = || Self::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
                let found = Self::ALL.iter().copied().find(|it| it.as_str() == text);
                found.ok_or_else(|| format!("`{text}` is no {}; there are: {}", $kind, all()))
            }
        }
    };
}

words! {
    /// What a member or a key of a tenant is; each may do what those before it may.
    Role, "role" {
        /// Reads.
        Auditor = "auditor",
        /// Also changes things.
        Member = "member",
        /// Also does what a tenant keeps from its members.
        Admin = "admin",
        /// Also does what it keeps from its admins.
        Owner = "owner",
    }
}

words! {
    /// The least role that may use a tool.
    LeastRole, "role to ask for" {
        /// Everybody.
        Auditor = "auditor",
        /// Whoever may change things.
        Member = "member",
        /// Admins and owners.
        Admin = "admin",
        /// Owners.
        Owner = "owner",
        /// No role will do: the tool is forbidden.
        Nobody = "nobody",
    }
}

impl Role {
    /// Whether this is enough.
    pub fn reaches(self, least: LeastRole) -> bool {
        match least {
            LeastRole::Auditor => self >= Self::Auditor,
            LeastRole::Member => self >= Self::Member,
            LeastRole::Admin => self >= Self::Admin,
            LeastRole::Owner => self >= Self::Owner,
            LeastRole::Nobody => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_reaches_itself_and_what_is_less_and_none_reaches_nobody() {
        for (place, role) in Role::ALL.iter().enumerate() {
            let reached: Vec<_> = LeastRole::ALL.iter().filter(|least| role.reaches(**least)).collect();
            assert_eq!(reached, LeastRole::ALL[..=place].iter().collect::<Vec<_>>(), "{role}");
        }
    }

    #[test]
    fn a_word_that_is_no_role_is_told_which_there_are() {
        assert_eq!("admin".parse(), Ok(Role::Admin));
        let error = "boss".parse::<Role>().unwrap_err();
        assert_eq!(error, "`boss` is no role; there are: auditor, member, admin, owner");
    }
}
