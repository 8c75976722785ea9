//! What was done, in plain words.

/// Every action that is written down, and what it is called.
pub(super) const ACTIONS: &[(&str, &str)] = &[
    ("approval.decided", "Decided on a change"),
    ("change.reverted", "Took a change back"),
    ("connect_link.made", "Asked somebody to connect an account"),
    ("connection.accounts_chosen", "Chose accounts"),
    ("connection.connected", "Connected an account"),
    ("connection.disconnected", "Disconnected an account"),
    ("connection.reconnected", "Connected an account again"),
    ("connection.refused", "Could not connect an account"),
    ("grant.made", "Let a program in"),
    ("grant.narrowed", "Allowed a program less"),
    ("grant.revoked", "Revoked a program"),
    ("key.made", "Made a key"),
    ("key.revoked", "Revoked a key"),
    ("member.groups_set", "Set a member's groups"),
    ("member.invited", "Invited somebody"),
    ("member.joined", "Joined"),
    ("member.removed", "Removed a member"),
    ("member.role_changed", "Changed a member's role"),
    ("person.password_set", "Set a password"),
    ("plan.chosen", "Chose a plan"),
    ("policy.set", "Set the policy of changes"),
    ("service.made", "Made a service agent"),
    ("service.revoked", "Revoked a service agent"),
    ("session.sign_in_refused", "Was refused at sign-in"),
    ("session.signed_in", "Signed in"),
    ("session.signed_out", "Signed out"),
    ("switch.lifted", "Switched on again"),
    ("switch.set", "Switched off"),
    ("tenant.created", "Founded the organisation"),
    ("tenant.deleted", "Deleted the organisation"),
    ("tenant.exported", "Took all data along"),
    ("tenant.renamed", "Renamed the organisation"),
    ("tenant.resumed", "Resumed the organisation"),
    ("tenant.suspended", "Suspended the organisation"),
    ("tool_policy.deleted", "Took a rule about tools away"),
    ("tool_policy.set", "Set a rule about tools"),
    ("visit.begun", "Began to look at these pages, for the agency"),
    ("visit.ended", "Stopped looking at these pages"),
];

/// What an action is called; one without a name is shown as it is.
pub(super) fn of_action(action: &str) -> &str {
    ACTIONS.iter().find(|(own, _)| *own == action).map_or(action, |(_, words)| words)
}
