//! Step 8: the accounts behind the server. Asked for as a person asks who connects them; nothing is stored and nothing
//! is charged.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use turnpike_sdk::Manifest;
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tenancy::ConnectError;

use super::{
    Doctor,
    agent::clean,
    report::{Chart, Outcome, Problem, Step},
};

/// How long a vendor may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl Doctor<'_> {
    /// Of all in one, each that is connected; of one integration, that one.
    pub(super) async fn look_upstream(&self, chart: &mut Chart) {
        let rows = match self.portal.store.tenant(self.tenant).list_connections().await {
            Ok(rows) => rows,
            Err(error) => {
                chart.note::<()>(Step::Upstream, Err(Problem::ours(error)));
                return;
            }
        };
        let find =
            |name: &str| rows.iter().find(|row| row.integration == name && row.state != ConnectionState::Disabled);
        let (path, served) = (self.path().to_owned(), self.portal.integrations.iter().map(|own| &own.manifest));
        let combined = path == "/mcp";
        let looked_at = served.map(|own| (own, find(own.name)));
        let looked_at: Vec<_> = looked_at
            .filter(|(own, row)| if combined { row.is_some() } else { path == format!("/{}/mcp", own.name) })
            .collect();
        if looked_at.is_empty() {
            chart.note::<()>(Step::Upstream, Err(not_connected("Nothing is connected", "/connections")));
        }
        let outcomes = join_all(looked_at.iter().map(|(own, row)| self.probe(own, *row))).await;
        for ((own, _), outcome) in looked_at.iter().zip(outcomes) {
            chart.note_about(Step::Upstream, own.title, outcome);
        }
    }

    async fn probe(&self, manifest: &Manifest, row: Option<&ConnectionRow>) -> Outcome<()> {
        let (name, title) = (manifest.name, manifest.title);
        let again = |reason: &str| Problem {
            seen: format!("{title} does not accept the connection any more: {}.", clean(reason).trim_end_matches('.')),
            to_do: "An owner or admin of your organisation must connect it again.".into(),
            link: Some(format!("/connections/new/{name}")),
        };
        let Some(row) = row else {
            return Err(not_connected(&format!("{title} is not connected"), &format!("/connections/new/{name}")));
        };
        if row.state == ConnectionState::ReconnectNeeded {
            return Err(again(row.reason.as_deref().unwrap_or("the grant has ended")));
        }
        match timeout(PATIENCE, self.portal.tenancy.probe(self.tenant, row.id)).await {
            Ok(Ok(_)) if row.accounts_json == "[]" => Err(Problem {
                seen: format!("{title} answers, but no account is chosen: agents may use none."),
                to_do: "An owner or admin of your organisation chooses the accounts.".into(),
                link: Some(format!("/connections/{}", row.id)),
            }),
            Ok(Ok(accounts)) => Ok(((), format!("{title} answers: the connection reaches {accounts} accounts."))),
            Ok(Err(ConnectError::Refused { reason, .. })) => Err(again(&reason)),
            Ok(Err(error @ (ConnectError::AccountsUnreadable { .. } | ConnectError::Unanswered { .. }))) => {
                Err(down(&format!("{title} cannot be used at the moment: {}.", clean(&error.to_string()))))
            }
            Ok(Err(ConnectError::Vault(error))) => Err(Problem::ours(error)),
            Ok(Err(ConnectError::Store(error))) => Err(Problem::ours(error)),
            Ok(Err(error)) => Err(Problem::new(format!("{}.", clean(&error.to_string())), error.what_to_do())),
            Err(_) => Err(down(&format!("{title} did not answer within {} seconds.", PATIENCE.as_secs()))),
        }
    }
}

fn not_connected(what: &str, link: &str) -> Problem {
    Problem {
        seen: format!("{what}: an agent gets in, and its calls are refused."),
        to_do: "An owner or admin of your organisation must connect it.".into(),
        link: Some(link.to_owned()),
    }
}

fn down(seen: &str) -> Problem {
    Problem::new(seen, "It is the vendor's. Try again in a few minutes, and tell your service provider if it stays so.")
}
