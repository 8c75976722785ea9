//! The tools, in the order in which an agent meets them.

mod get_members;
mod get_messages;
mod get_thread;
mod line;
mod list_accounts;
mod list_channels;
mod list_members;
mod post_message;
mod set_topic;

use turnpike_sdk::Tool;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<list_channels::ListChannels>(),
        Tool::read::<get_messages::GetMessages>(),
        Tool::read::<get_thread::GetThread>(),
        Tool::read::<list_members::ListMembers>(),
        Tool::read::<get_members::GetMembers>(),
        Tool::write::<post_message::PostMessage>(),
        Tool::write::<set_topic::SetTopic>(),
    ]
}
