//! What every page of a tenant says of its money, while something is to be said.

use turnpike_billing::Account;
use turnpike_core::Timestamp;

use super::{quota::Quota, standing::Standing};
use crate::{
    Member, Permission, Portal,
    http::{Banner, Failure},
    pages::shown,
};

/// From how many percent on what is left is spoken of.
const NEARLY: i64 = 80;

/// What is to be said to this member now.
pub(crate) async fn banners(portal: &Portal, member: &Member) -> Result<Vec<Banner>, Failure> {
    if !member.may(Permission::SeeMoney) {
        return Ok(vec![]);
    }
    let account = portal.billing.find_account(member.tenant.id).await?;
    let grace = portal.settings.payments.grace_days;
    Ok(account.map_or_else(Vec::new, |account| of_account(&account, grace, portal.ambient.now())))
}

fn of_account(account: &Account, grace_days: u32, now: Timestamp) -> Vec<Banner> {
    let standing = Standing::of(&account.subscription, grace_days, now);
    let standing = standing.is_urgent(now).then(|| Banner {
        class: if standing.class().is_empty() { "warn" } else { standing.class() },
        text: format!("{} {}", standing.meaning(), standing.to_do()).trim_end().to_owned(),
        path: "/billing",
        label: "See billing",
    });
    let quota = Quota::of(account).filter(|quota| quota.percent() >= NEARLY);
    standing.into_iter().chain(quota.map(of_quota)).collect()
}

fn of_quota(quota: Quota) -> Banner {
    let Quota { used, of, ends, .. } = quota;
    let ends = shown(ends);
    let what = if quota.own { "your own cap" } else { "what the plan includes" };
    let (class, text) = match (quota.percent() >= 100, quota.hard) {
        (true, true) => {
            ("bad", format!("All {of} units of {what} are used: calls that cost units are refused until {ends}."))
        }
        (true, false) => {
            ("warn", format!("All {of} units of {what} are used, {used} by now. Further ones cost extra until {ends}."))
        }
        (false, _) => ("warn", format!("{} % of {what} is used: {used} of {of} units until {ends}.", quota.percent())),
    };
    Banner { class, text, path: "/billing", label: "See billing" }
}
