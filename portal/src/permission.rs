//! What each role may do in the portal: one table, and nothing elsewhere decides.

use turnpike_core::LeastRole;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident: $least:ident,)*) => {
        /// Something that a member of a tenant may be allowed to do.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The least role that has it.
            pub const fn least_role(self) -> LeastRole {
                match self { $(Self::$name => LeastRole::$least,)* }
            }
        }
    };
}

permissions! {
    /// See every page of the tenant.
    Look: Auditor,
    /// Take usage and audit along as a file.
    Export: Auditor,
    /// See plan, invoices and what calls cost together.
    SeeMoney: Auditor,
    /// Make a test call, and run a read again.
    Call: Member,
    /// Let an agent act in one's own name.
    LetAct: Member,
    /// Connect, reconnect, choose accounts, disconnect.
    Connect: Admin,
    /// Make and revoke keys and service agents; narrow and revoke what others have let programs do.
    ManageAgents: Admin,
    /// Decide on previewed changes, and take changes back.
    Decide: Admin,
    /// Invite people, remove them, and set any role below owner.
    ManageTeam: Admin,
    /// Set the tenant's name, and what is asked of those who use a tool.
    ManageSettings: Admin,
    /// Set a cap on what is used.
    SetCap: Admin,
    /// Choose the plan, end the subscription, and go to the payment provider's pages.
    ChoosePlan: Owner,
    /// Take all of the tenant's data along, or delete it; make and unmake owners.
    Own: Owner,
}
