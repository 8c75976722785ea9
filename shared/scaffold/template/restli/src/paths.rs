//! Where things are at the vendor.

use turnpike_sdk::Cx;

use crate::arguments::{AccountRef, EntityId};

// CHANGE: the paths of the vendor's reference. What stands in one is a checked type: no text of an agent gets in. The version
// is a header, which the kit puts on.

pub(crate) fn accounts(_: &Cx) -> String {
    "/rest/accounts".to_owned()
}

pub(crate) fn items(_: &Cx, account: &AccountRef) -> String {
    format!("/rest/accounts/{account}/items")
}

pub(crate) fn item(_: &Cx, account: &AccountRef, item: EntityId) -> String {
    format!("/rest/accounts/{account}/items/{item}")
}
