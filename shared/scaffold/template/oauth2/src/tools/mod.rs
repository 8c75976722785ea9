//! The tools, in the order in which an agent meets them.

mod list_accounts;
mod list_items;
mod set_status;

use turnpike_sdk::Tool;

// CHANGE: five to nine tools. What agents want of a vendor comes first; nothing deletes.
pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<list_items::ListItems>(),
        Tool::write::<set_status::SetStatus>(),
    ]
}
