//! A database by either of its ids: that of its rows, which Notion calls a data source, or that of what holds them.

use turnpike_sdk::{ArgumentError, ToolError};

use crate::{
    api::{DataSource, Database, plain},
    id::ObjectId,
    property::shortened,
    workspace::Workspace,
};

impl Workspace<'_> {
    /// The data source of this id, or the only one of the database of this id.
    pub(crate) async fn data_source(self, id: &ObjectId) -> Result<DataSource, ToolError> {
        if let Some(found) = self.find(format!("/v1/data_sources/{}", id.as_str())).await? {
            return Ok(found);
        }
        // What people copy from the address line is the id of what holds the rows.
        let holder: Option<Database> = self.find(format!("/v1/databases/{}", id.as_str())).await?;
        let Some(Database { data_sources }) = holder else {
            let problem = "there is no such database, or it is not shared with the connection";
            let fix =
                "Take the id from list_databases, or ask a person to share the database with the connection in Notion.";
            return Err(ArgumentError::new("database_id", problem, fix).into());
        };
        match &data_sources[..] {
            [only] => self.get(format!("/v1/data_sources/{}", only.id)).await,
            several => {
                let names: Vec<_> = several.iter().map(|one| format!("{} ({})", one.id, one.name)).collect();
                let fix = format!("Choose one of {}.", shortened(&names));
                Err(ArgumentError::new("database_id", "it is of a database with several tables", fix).into())
            }
        }
    }
}

impl DataSource {
    pub(crate) fn title(&self) -> String {
        plain(&self.title)
    }
}
