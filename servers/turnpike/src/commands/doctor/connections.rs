//! Every connection, with the cheapest request that its vendor knows.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Result;
use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;
use turnpike_config::Settings;
use turnpike_core::{Class, Fault, TenantId, Timestamp, visible};
use turnpike_sdk::{Account, Connection, Manifest, ToolError};
use turnpike_store::{ConnectionRow, ConnectionState, KillSwitch};
use turnpike_tenancy::{Prediction, reminded_before};

use super::finding::{Finding, Verdict};
use crate::operator::Operator;

/// How many requests are under way to one vendor: those of all tenants share its app's allowance.
const AT_ONCE: usize = 4;
/// How long a vendor may take in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so many connections people are told how far it is.
const TOLD_EVERY: usize = 10;

/// A connection and what is known of it beforehand.
struct Patient {
    tenant: TenantId,
    name: String,
    row: ConnectionRow,
    prediction: Prediction,
}

struct Look<'a> {
    operator: &'a Operator,
    public_url: String,
    switches: Vec<KillSwitch>,
    now: Timestamp,
}

pub(super) async fn look(
    settings: &Settings,
    operator: &Operator,
    only: Option<TenantId>,
    tell: &mut impl FnMut(Finding),
) -> Result<()> {
    let system = operator.store.system();
    let names: BTreeMap<_, _> = system.list_tenants().await?.into_iter().map(|own| (own.id, own.name)).collect();
    let refreshed = system.list_all_refreshed().await?.into_iter();
    let refreshed: BTreeMap<_, _> =
        refreshed.map(|(tenant, own)| ((tenant, own.connection_id), own.stored_at)).collect();
    // Those of one vendor stand together: it is asked by a few at a time.
    let mut by_vendor: BTreeMap<String, Vec<Patient>> = BTreeMap::new();
    for (tenant, row) in system.list_all_connections().await? {
        let Some(route) = operator.upstream.find_route(&row.integration) else { continue };
        if only.is_none_or(|only| only == tenant) {
            let refreshed_at = refreshed.get(&(tenant, row.id)).copied();
            let prediction = Prediction::of(&route.integration.manifest, &row, refreshed_at);
            let name = names.get(&tenant).cloned().unwrap_or_default();
            by_vendor.entry(row.integration.clone()).or_default().push(Patient { tenant, name, row, prediction });
        }
    }
    let public_url = match settings.server.public_url.trim_end_matches('/') {
        "" => format!("http://{}", settings.server.listen),
        url => url.to_owned(),
    };
    let look = Look { operator, public_url, switches: system.list_switches().await?, now: operator.ambient.now() };
    let total: usize = by_vendor.values().map(Vec::len).sum();
    let vendors = by_vendor.into_values().map(|patients| {
        let look = &look;
        stream::iter(patients).map(move |patient| look.at(patient)).buffer_unordered(AT_ONCE).boxed_local()
    });
    let mut findings = stream::select_all(vendors);
    let mut done = 0;
    while let Some(finding) = findings.next().await {
        tell(finding);
        done += 1;
        if done % TOLD_EVERY == 0 || done == total {
            eprintln!("{done} of {total} connections looked at");
        }
    }
    Ok(())
}

impl Look<'_> {
    async fn at(&self, patient: Patient) -> Finding {
        let Some(route) = self.operator.upstream.find_route(&patient.row.integration) else {
            return self.finding(&patient, Verdict::Ours, "the integration is not served here");
        };
        let manifest = &route.integration.manifest;
        let stopped = |switch: &&KillSwitch| switch.target.covers(patient.tenant, manifest.name, None);
        match patient.row.state {
            ConnectionState::Disabled => return self.finding(&patient, Verdict::Disconnected, "it is disconnected"),
            ConnectionState::ReconnectNeeded => {
                let reason = patient.row.reason.clone().unwrap_or_else(|| "the grant has ended".into());
                return self.reconnect(&patient, manifest, &reason);
            }
            ConnectionState::Ok | ConnectionState::Expiring => {}
        }
        if let Some(switch) = self.switches.iter().find(stopped) {
            let says = format!("{} is switched off since {} ({})", switch.target, switch.set_at, switch.reason);
            return self
                .finding(&patient, Verdict::SwitchedOff, says)
                .needing("Lift the switch with `turnpike switch on` when its reason is gone.");
        }
        match self.probe(&patient).await {
            Ok(()) => self.in_order(&patient, manifest),
            Err(error) => self.failed(&patient, manifest, error),
        }
    }

    async fn probe(&self, patient: &Patient) -> Result<(), ToolError> {
        let ConnectionRow { id, ref integration, sandbox, ref accounts_json, .. } = patient.row;
        let accounts: Vec<Account> = serde_json::from_str(accounts_json).unwrap_or_default();
        let (tenant, integration) = (patient.tenant, integration.clone());
        let connection = Arc::new(Connection { id, tenant, integration, sandbox, accounts });
        let asked = self.operator.upstream.probe(connection, self.operator.handles.clone());
        let too_late = || {
            let says = format!("no answer within {} seconds", PATIENCE.as_secs());
            Err(Fault::new(Class::Upstream, says).into())
        };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| too_late())
    }

    /// It answers: what is left to look at is what nobody has to ask a vendor for.
    fn in_order(&self, patient: &Patient, manifest: &Manifest) -> Finding {
        if patient.row.accounts_json == "[]" {
            let says = format!("{} answers, but no account is chosen: agents may use none", manifest.title);
            return self
                .finding(patient, Verdict::NoAccounts, says)
                .needing("An owner or admin of the tenant chooses the accounts.")
                .at(format!("{}/connections/{}", self.public_url, patient.row.id));
        }
        let soon = patient.prediction.at.filter(|end| reminded_before(&manifest.auth, *end, self.now).is_some());
        match soon {
            Some(end) => {
                let says = format!("{} answers, until {}", manifest.title, end.to_utc().date_naive());
                self.finding(patient, Verdict::EndsSoon, says)
                    .needing("An owner or admin of the tenant connects it again before.")
                    .at(self.reconnect_url(patient))
            }
            None => self.finding(patient, Verdict::Ok, format!("{} answers", manifest.title)),
        }
    }

    fn failed(&self, patient: &Patient, manifest: &Manifest, error: ToolError) -> Finding {
        let fault = match error {
            ToolError::Upstream(fault) => fault,
            ToolError::Refused { reason, next_step } => {
                return self.finding(patient, Verdict::Permission, reason).needing(next_step);
            }
            ToolError::Argument(_) | ToolError::Bug(_) => {
                return self
                    .finding(patient, Verdict::Ours, error.to_string())
                    .needing("This is of the deployment: look after its settings, then run the doctor again.");
            }
        };
        let (title, name, message) = (manifest.title, manifest.name, visible(&fault.message));
        match fault.class {
            Class::AuthExpired | Class::AuthRevoked => self.reconnect(patient, manifest, &message),
            Class::Permission => self
                .finding(patient, Verdict::Permission, format!("{title} refuses what agents need: {message}"))
                .needing(format!(
                    "Let the person who connected have access at {title}, or connect as somebody who has it."
                ))
                .at(self.reconnect_url(patient)),
            Class::QuotaDaily | Class::RateStorm => {
                let until = fault.retry_at.map_or_else(|| "in a while".to_owned(), |at| format!("at {at}"));
                self.finding(patient, Verdict::Held, format!("{title}'s allowance is used up: {message}"))
                    .needing(format!("Wait: it frees {until}."))
            }
            Class::VersionDead => self
                .finding(patient, Verdict::VersionDead, format!("{title} serves this API version no more: {message}"))
                .needing(format!(
                    "Set `version` and `version_ends` in section [integrations.{name}] to one that is served."
                )),
            Class::Upstream | Class::InProgress => self
                .finding(
                    patient,
                    Verdict::VendorDown,
                    format!("{title} is in trouble, or cannot be reached: {message}"),
                )
                .needing(
                    "It is the vendor's. Run the doctor again in some minutes; look at the way out if it stays so.",
                ),
            Class::BadRequest => self
                .finding(patient, Verdict::Ours, format!("{title} does not take the request: {message}"))
                .needing(format!("Look after `version` and `base_url` in section [integrations.{name}].")),
        }
    }

    fn reconnect(&self, patient: &Patient, manifest: &Manifest, reason: &str) -> Finding {
        let says = format!("{} does not accept the connection: {reason}", manifest.title);
        self.finding(patient, Verdict::Reconnect, says)
            .needing("An owner or admin of the tenant connects it again.")
            .at(self.reconnect_url(patient))
    }

    fn reconnect_url(&self, patient: &Patient) -> String {
        format!("{}/reconnect/{}", self.public_url, patient.row.id)
    }

    fn finding(&self, patient: &Patient, verdict: Verdict, says: impl Into<String>) -> Finding {
        let ends = patient.prediction.at.map(|end| end.to_utc().date_naive().to_string());
        let details = vec![
            ("tenant", patient.tenant.to_string()),
            ("tenant_name", patient.name.clone()),
            ("connection", patient.row.id.to_string()),
            ("integration", patient.row.integration.clone()),
            ("side", if patient.row.sandbox { "sandbox" } else { "live" }.to_owned()),
            ("state", patient.row.state.as_str().to_owned()),
            ("ends", ends.unwrap_or_default()),
            ("why", patient.prediction.why.clone()),
        ];
        Finding::of_connection(details, verdict, says)
    }
}
