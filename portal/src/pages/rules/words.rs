//! A rule in plain words.

use turnpike_core::LeastRole;
use turnpike_store::{ToolGroup, ToolPolicy, Tools};

use crate::{Portal, pages::connections::title};

/// What the rule says: "Changes of Google Ads: admins and owners, of the group media-buyers".
pub(super) fn sentence(portal: &Portal, policy: &ToolPolicy) -> String {
    format!("{}: {}", of_group(portal, &policy.tools), of_people(policy.least_role, &policy.groups))
}

/// Which tools.
pub(super) fn of_group(portal: &Portal, group: &ToolGroup) -> String {
    let of = group.integration.as_deref().map_or_else(|| "every integration".to_owned(), |own| title(portal, own));
    match &group.tools {
        Tools::Every => format!("All tools of {of}"),
        Tools::Reads => format!("Reads of {of}"),
        Tools::Writes => format!("Changes of {of}"),
        Tools::One(tool) => format!("{tool} of {of}"),
    }
}

/// Who may use them.
fn of_people(least_role: LeastRole, groups: &[String]) -> String {
    let role = of_least_role(least_role);
    if groups.is_empty() || least_role == LeastRole::Nobody {
        return role.to_owned();
    }
    let groups = groups.join(" or ");
    match least_role {
        LeastRole::Auditor => format!("those of the group {groups}"),
        _ => format!("{role}, of the group {groups}"),
    }
}

/// Who has such a role.
pub(super) const fn of_least_role(least_role: LeastRole) -> &'static str {
    match least_role {
        LeastRole::Auditor => "everybody",
        LeastRole::Member => "members, admins and owners",
        LeastRole::Admin => "admins and owners",
        LeastRole::Owner => "owners",
        LeastRole::Nobody => "nobody",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_is_told_by_role_by_group_or_by_both() {
        let (one, two) = (vec!["buyers".to_owned()], vec!["buyers".to_owned(), "planners".to_owned()]);
        assert_eq!(of_people(LeastRole::Admin, &[]), "admins and owners");
        assert_eq!(of_people(LeastRole::Auditor, &two), "those of the group buyers or planners");
        assert_eq!(of_people(LeastRole::Admin, &one), "admins and owners, of the group buyers");
        assert_eq!(of_people(LeastRole::Nobody, &one), "nobody");
    }
}
