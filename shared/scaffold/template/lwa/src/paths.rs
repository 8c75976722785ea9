//! Where things are at the vendor.

use turnpike_sdk::Cx;

use crate::arguments::{AccountRef, EntityId};

// CHANGE: the paths of the vendor's reference. What stands in one is a checked type: no text of an agent gets in.

/// The only path that takes no `Amazon-Advertising-API-Scope`.
pub(crate) fn accounts(cx: &Cx) -> String {
    format!("/{}/profiles", cx.version())
}

pub(crate) fn items(cx: &Cx, account: &AccountRef) -> String {
    format!("/{}/profiles/{account}/items", cx.version())
}

pub(crate) fn item(cx: &Cx, account: &AccountRef, item: EntityId) -> String {
    format!("/{}/profiles/{account}/items/{item}", cx.version())
}
