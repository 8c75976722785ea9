//! The ledger row, written before the answer leaves, and the count of calls.

use turnpike_core::Outcome;
use turnpike_limiter::{Bucket, Whose};
use turnpike_metering::LedgerError;
use turnpike_store::CallRow;
use turnpike_telemetry::metrics::{self, CallEnded};

use super::{
    Call, Refusal, Shown,
    cost::{Charged, rows_of},
};
use crate::{Gateway, RefusalClass};

/// Refusals of a tenant that are written down in a minute.
const REFUSALS: u32 = 120;

impl Gateway {
    /// Writes down what happened and what it costs. When that fails, the answer must not be given. Of calls that are refused
    /// at the first checks only so many a minute are written down: they cost nothing, and an agent that does not listen
    /// could fill the disk with them.
    pub(super) async fn record(
        &self,
        call: &mut Call,
        result: &Result<Shown, Refusal>,
    ) -> Result<Charged, LedgerError> {
        let (outcome, class) = match result {
            Ok(shown) => (shown.answer.outcome, call.failure.as_ref().map(|failure| failure.class)),
            Err(refusal) if refusal.class == RefusalClass::Pending => (refusal.outcome, None),
            Err(refusal) => (refusal.outcome, Some(refusal.class)),
        };
        let class = class.map(RefusalClass::as_str);
        if class.is_some() && call.connected.is_none() && !self.may_record_refusal(call).await {
            return Ok(self.nothing(call));
        }
        let (manifest, tool) = (call.called.manifest(), call.called.spec().name);
        let rows = result.as_ref().map_or(0, |shown| rows_of(&shown.answer.value));
        let price = self.price(call, outcome, rows);
        let steps = call.lane.as_ref().map(|lane| lane.steps()).unwrap_or_default();
        let connection = call.connected.as_ref().map(|connected| &connected.connection);
        let duration = self.ambient.now().since(call.began);
        let row = CallRow {
            call_id: call.id,
            tenant_id: call.caller.tenant,
            connection_id: connection.map(|connection| connection.id),
            principal: call.caller.principal.clone(),
            grant_id: call.caller.grant,
            client: call.client.clone(),
            integration: manifest.name.into(),
            tool: tool.into(),
            outcome,
            class: class.map(str::to_owned),
            list_price: price.list,
            price: price.charged,
            currency: price.currency,
            units: price.units,
            price_version: price.version,
            started_at: call.began,
            duration_micros: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
            upstream_requests: i64::try_from(steps.len()).unwrap_or(i64::MAX),
            answer_rows: i64::try_from(rows).unwrap_or(i64::MAX),
            steps: serde_json::to_string(&steps).unwrap_or_else(|_| "[]".into()),
            arguments_digest: call.digest.clone(),
            trace_id: call.trace_id.clone(),
            sandbox: connection.is_some_and(|connection| connection.sandbox),
        };
        if let Some(class) = class {
            let span = tracing::Span::current();
            span.record("otel.status_code", "ERROR");
            span.record("error.type", class);
        }
        tracing::info!(
            call_id = %call.id, tenant_id = %call.caller.tenant, integration = manifest.name, tool, %outcome,
            class, price = %price.money(), millis = duration.as_millis(), upstream_requests = steps.len(), "call",
        );
        self.ledger.record(row).await?;
        self.keep_arguments(call);
        Ok(self.charge(call, price))
    }

    /// Counts the call. One that could not be written down has no class but that.
    pub(super) fn count(&self, call: &Call, outcome: Outcome, class: Option<RefusalClass>) {
        let class = match outcome {
            Outcome::OurFault => class.or(Some(RefusalClass::NotRecorded)),
            _ => class.filter(|class| *class != RefusalClass::Pending),
        };
        metrics::call_ended(&CallEnded {
            integration: call.called.manifest().name,
            tool: call.called.spec().name,
            outcome,
            class: class.map(RefusalClass::as_str),
            took: self.ambient.now().since(call.began),
        });
    }

    /// Also when calls are refused because Redis is gone: what is seen of that is these rows.
    async fn may_record_refusal(&self, call: &Call) -> bool {
        let bucket = Bucket { whose: Whose::Tenant, key: "refusals".into(), per_minute: REFUSALS, burst: REFUSALS };
        self.limiter.throttle(&call.caller.tenant.to_string(), &[bucket], call.began).await.is_ok()
    }
}
