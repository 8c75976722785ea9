//! What a call would cost, without making it. Nothing is sent and nothing is charged.

use std::mem;

use rmcp::model::JsonObject;
use turnpike_core::{Money, Outcome};
use turnpike_metering::{Charge, Denied};
use turnpike_sdk::{Access, Estimate, Prepared};

use super::{Answer, Call, Refusal};
use crate::{Face, Gateway, RefusalClass, gateway::Connected, servers::Found};

impl Gateway {
    /// The call would have to be allowed, and its arguments right: else the answer is what it would be refused with.
    pub(super) async fn estimate(
        &self,
        call: &mut Call,
        connected: &Connected,
        tool: &str,
        arguments: JsonObject,
    ) -> Result<Answer, Refusal> {
        let asked = self.find_asked(call, tool)?;
        let rows = asked.tool().most_rows(&arguments);
        let own = mem::replace(&mut call.found, asked.clone());
        let prepared = self.check_tool(call).and_then(|()| Ok(asked.tool().prepare(arguments)?));
        call.found = own;
        let prepared = prepared?;
        self.check_accounts(call, connected, &prepared.touches())?;
        let sandbox = connected.connection.sandbox;
        let outcome = match prepared {
            _ if sandbox => Outcome::Sandbox,
            Prepared::Write { preview_id: None, .. } => Outcome::DryRun,
            Prepared::Read(_) | Prepared::Long { .. } | Prepared::Write { .. } => Outcome::Success,
            // They cost what another tool costs, or nothing.
            Prepared::Job(_) | Prepared::Revert { .. } | Prepared::Estimate { .. } => return Err(no_estimate(tool)),
        };
        let estimate = self.estimate_of(call, &asked, outcome, rows).await;
        let value = serde_json::to_value(estimate).map_err(|_| Refusal::internal())?;
        let outcome = if sandbox { Outcome::Sandbox } else { Outcome::Success };
        Ok(Answer { outcome, value, kept_since: None })
    }

    async fn estimate_of(&self, call: &mut Call, asked: &Found, outcome: Outcome, rows: u64) -> Estimate {
        let book = self.books.at(call.began);
        let price = |rows| book.price_of(self.units(call, asked, rows), outcome);
        let (least, most) = (price(0), price(rows));
        let writes = asked.spec().access == Access::Write;
        let whole = self.units(call, asked, rows);
        let admitted = match outcome {
            Outcome::Sandbox => None,
            _ => Some(self.admission.admit(call.caller.tenant, writes, whole).await),
        };
        let (mut by_plan, mut quota, mut refused) = ((None, None), None, None);
        match &admitted {
            Some(Ok(set_aside)) => {
                by_plan = (set_aside.estimate(least.units), set_aside.estimate(most.units));
                quota = set_aside.estimate(0).map(|charge| charge.quota);
            }
            Some(Err(denied)) => {
                if let Denied::Exhausted { quota: known, .. } = denied {
                    quota = Some(*known);
                }
                refused = Some(self.refusal_of(denied, whole).message);
            }
            None => {}
        }
        call.quota = quota;
        let money = |by_plan: Option<Charge>, list: Money| match by_plan {
            Some(charge) => Money { micros: charge.estimate, ..list },
            None => list,
        };
        Estimate {
            tool: asked.spec().name.into(),
            units_at_least: least.units,
            units_at_most: most.units,
            price_at_least: money(by_plan.0, least.money()).into(),
            price_at_most: money(by_plan.1, most.money()).into(),
            quota_left: quota.map(|quota| quota.left()),
            refused,
        }
    }

    /// The tool of this server by that name, also as the combined endpoint calls it.
    fn find_asked(&self, call: &Call, tool: &str) -> Result<Found, Refusal> {
        let server = call.found.manifest().name;
        let prefix = format!("{}_", server.replace('-', "_"));
        let name = tool.strip_prefix(&prefix).unwrap_or(tool);
        self.servers.find(&Face::One(server), name).ok_or_else(|| no_estimate(tool))
    }
}

fn no_estimate(tool: &str) -> Refusal {
    let shown: String = tool.chars().take(80).collect();
    let message = format!("`tool`: there is no estimate for `{shown}` here");
    Refusal::new(Outcome::CallerFault, RefusalClass::InvalidArgument, message)
        .next("Name a tool of this server that asks the upstream itself, as tools/list shows it.")
}
