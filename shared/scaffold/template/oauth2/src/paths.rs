//! Where things are at the vendor.

use turnpike_sdk::Cx;

use crate::arguments::{AccountRef, EntityId};

// CHANGE: the paths of the vendor's reference. What stands in one is a checked type: no text of an agent gets in.

pub(crate) fn accounts(cx: &Cx) -> String {
    format!("/{}/accounts", cx.version())
}

pub(crate) fn items(cx: &Cx, account: &AccountRef) -> String {
    format!("/{}/accounts/{account}/items", cx.version())
}

pub(crate) fn item(cx: &Cx, account: &AccountRef, item: EntityId) -> String {
    format!("/{}/accounts/{account}/items/{item}", cx.version())
}
