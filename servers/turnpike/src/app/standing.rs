//! How things stand, looked at as often as metrics are exported: by each process at itself, and by each worker at the deployment.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use chrono::NaiveTime;
use tokio::time::{sleep, timeout};
use turnpike_config::Settings;
use turnpike_core::Timestamp;
use turnpike_store::WorkItem;
use turnpike_telemetry::metrics::{self, Deployment, Pool, Process};

use crate::{operator::Operator, versions};

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The ends of connections are told so long ahead.
const AHEAD: Duration = Duration::from_secs(30 * 24 * 3600);

/// Who looks.
pub(super) struct Lookout {
    pub(super) operator: Operator,
    pub(super) settings: Settings,
    /// It also looks at the deployment.
    pub(super) works: bool,
}

impl Lookout {
    /// Goes on looking.
    pub(super) async fn keep(self) {
        loop {
            metrics::process_stands(&self.process().await);
            if self.works {
                let seen = timeout(PATIENCE, self.deployment()).await.map_err(Into::into).flatten();
                if let Err(error) = &seen {
                    tracing::warn!(%error, "it cannot be seen how the deployment stands; metrics do not tell");
                }
                metrics::deployment_stands(seen.as_ref().ok());
            }
            sleep(Duration::from_secs(self.settings.telemetry.export_seconds)).await;
        }
    }

    async fn process(&self) -> Process {
        let pools = self.operator.store.pools().into_iter();
        let pools = pools.map(|own| Pool { name: own.name, used: own.open - own.idle, idle: own.idle, most: own.most });
        let redis_gone = match &self.operator.redis {
            Some(redis) => Some(redis.ping().await.is_err()),
            None => None,
        };
        Process { pools: pools.collect(), redis_gone }
    }

    async fn deployment(&self) -> Result<Deployment> {
        let (operator, now) = (&self.operator, self.operator.ambient.now());
        let system = operator.store.system();
        let (work, database_now) = system.list_work().await?;
        let ends = system.list_first_ends(now, now.plus(AHEAD)).await?;
        // Where nobody takes usage, all that was ever sealed is undelivered, and nobody waits for it.
        let undelivered = match operator.billing.usage_sink() {
            Some(_) => system.find_oldest_undelivered().await?,
            None => None,
        };
        let served = |name: &str| {
            let manifests = operator.integrations.iter().map(|integration| &integration.manifest);
            manifests.map(|manifest| manifest.name).find(|own| *own == name)
        };
        let ends = ends.into_iter().filter_map(|own| Some((served(&own.integration)?, own.predicted_end.since(now))));
        let versions = versions::ends(&self.settings, &operator.integrations)?.into_iter().map(|own| {
            let end = own.on.and_time(NaiveTime::MIN).and_utc().timestamp();
            (own.integration, end - now.to_utc().timestamp())
        });
        let mut late = BTreeMap::<_, Duration>::new();
        for item in work {
            let overdue = overdue(&item, database_now);
            late.entry(item.kind).and_modify(|most| *most = overdue.max(*most)).or_insert(overdue);
        }
        Ok(Deployment {
            versions: versions.collect(),
            connections: ends.collect(),
            overdue: late.into_iter().collect(),
            undelivered: undelivered.map_or(Duration::ZERO, |sealed_at| now.since(sealed_at)),
        })
    }
}

/// How long it has been due, or the lease of who had it has been over.
fn overdue(item: &WorkItem, now: Timestamp) -> Duration {
    item.leased_until.or(item.run_at).map_or(Duration::ZERO, |at| now.since(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn late(run_at: Option<i64>, leased_until: Option<i64>) -> u64 {
        let (run_at, leased_until) = (run_at.map(at), leased_until.map(at));
        let item = WorkItem {
            kind: "it".into(),
            subject: String::new(),
            every: None,
            run_at,
            attempts: 0,
            fence: 0,
            leased_until,
            leased_by: None,
            last_started_at: None,
            last_ended_at: None,
            last_error: None,
        };
        overdue(&item, at(100)).as_secs()
    }

    #[test]
    fn work_is_overdue_from_its_time_on_or_from_the_end_of_its_lease() {
        assert_eq!(late(Some(40), None), 60);
        assert_eq!(late(Some(140), None), 0, "its time has not come");
        assert_eq!(late(Some(40), Some(130)), 0, "it is being done");
        assert_eq!(late(None, Some(70)), 30, "who had it is gone");
    }
}
