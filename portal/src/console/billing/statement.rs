//! What the operator's accountant books, of all clients.

use axum::extract::{Query, State};
use turnpike_billing::invoices::StatementLine;

use crate::{
    Portal,
    console::names::Clients,
    http::Answer,
    pages::{
        billing::{AskedStatement, STATEMENT_HEADER, cells},
        csv::{download, line},
    },
};

pub(crate) async fn export(State(portal): State<Portal>, Query(asked): Query<AskedStatement>) -> Answer {
    let (since, until) = asked.read(portal.ambient.now())?;
    let clients = Clients::read(&portal).await?;
    let lines = portal.billing.statement(None, since, until).await?;
    let told =
        |own: &StatementLine| line([own.tenant.to_string(), clients.name(own.tenant)].into_iter().chain(cells(own)));
    let text: String = lines.iter().map(told).collect();
    Ok(download("statement.csv", line(["client", "client_name"].into_iter().chain(STATEMENT_HEADER)) + &text))
}
