//! The tools, in the order in which an agent meets them.

mod add_comment;
mod describe_database;
mod get_page;
mod list_accounts;
mod list_comments;
mod list_databases;
mod query_database;
mod search;
mod set_property;

use turnpike_sdk::Tool;

/// Why an answer may lack rows.
const CUT: &str = "Notion reads at most 10,000 rows for one question and has left rows out: narrow the question.";

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<search::Search>(),
        Tool::read::<get_page::GetPage>(),
        Tool::read::<list_databases::ListDatabases>(),
        Tool::read::<describe_database::DescribeDatabase>(),
        Tool::read::<query_database::QueryDatabase>(),
        Tool::read::<list_comments::ListComments>(),
        Tool::write::<set_property::SetProperty>(),
        Tool::write::<add_comment::AddComment>(),
    ]
}
