//! How things stand: looked at now and then, and told when an export is due.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{AsyncInstrument, Meter},
};

use super::{
    RECORDER,
    list::{
        CONNECTION_TIME_LEFT, INTEGRATION, Instrument, InstrumentKind, POOL, POOL_COUNT, POOL_MAX, POOL_STATE,
        REDIS_GONE, USAGE_UNDELIVERED, VERSION_TIME_LEFT, WORK, WORK_OVERDUE,
    },
};

/// By the instrument's name, its values as they were seen last.
pub(super) type Standings = Mutex<HashMap<&'static str, Vec<Standing>>>;

/// A value with its attributes.
type Standing = (f64, Vec<KeyValue>);

/// Connections to a database.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Its name.
    pub name: &'static str,
    /// Those that do something.
    pub used: u32,
    /// Those that wait for something to do.
    pub idle: u32,
    /// As many as there may be.
    pub most: u32,
}

/// How this process stands.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its connections to databases.
    pub pools: Vec<Pool>,
    /// Whether Redis cannot be used, where there is one.
    pub redis_gone: Option<bool>,
}

/// How the deployment stands, as one process sees it.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// Seconds until each vendor's version ends, by integration; below nought after it.
    pub versions: Vec<(&'static str, i64)>,
    /// Time until the first connection ends, by integration, where one does so soon.
    pub connections: Vec<(&'static str, Duration)>,
    /// How long each kind of background work has been due.
    pub overdue: Vec<(String, Duration)>,
    /// How long the oldest batch of usage has been waiting.
    pub undelivered: Duration,
}

/// Tells how this process stands.
pub fn process_stands(process: &Process) {
    let Some(own) = RECORDER.get() else { return };
    let mut standings = own.standings.lock().unwrap_or_else(PoisonError::into_inner);
    let count = |pool: &Pool, number: u32, state| (f64::from(number), vec![POOL.of(pool.name), POOL_STATE.of(state)]);
    let counts = process.pools.iter().flat_map(|pool| [count(pool, pool.used, "used"), count(pool, pool.idle, "idle")]);
    standings.insert(POOL_COUNT.name, counts.collect());
    let most = process.pools.iter().map(|pool| (f64::from(pool.most), vec![POOL.of(pool.name)]));
    standings.insert(POOL_MAX.name, most.collect());
    let gone = process.redis_gone.map(|gone| (f64::from(u8::from(gone)), vec![]));
    standings.insert(REDIS_GONE.name, gone.into_iter().collect());
}

/// Tells how the deployment stands. When that could not be seen nothing is told: an old number would look like a good one.
pub fn deployment_stands(deployment: Option<&Deployment>) {
    let Some(own) = RECORDER.get() else { return };
    let mut standings = own.standings.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(deployment) = deployment else {
        for instrument in [VERSION_TIME_LEFT, CONNECTION_TIME_LEFT, WORK_OVERDUE, USAGE_UNDELIVERED] {
            standings.remove(instrument.name);
        }
        return;
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds until a day of this century")]
    let versions = deployment.versions.iter().map(|(name, left)| (*left as f64, vec![INTEGRATION.of(*name)]));
    standings.insert(VERSION_TIME_LEFT.name, versions.collect());
    let connections =
        deployment.connections.iter().map(|(name, left)| (left.as_secs_f64(), vec![INTEGRATION.of(*name)]));
    standings.insert(CONNECTION_TIME_LEFT.name, connections.collect());
    let overdue = deployment.overdue.iter().map(|(kind, late)| (late.as_secs_f64(), vec![WORK.of(kind.clone())]));
    standings.insert(WORK_OVERDUE.name, overdue.collect());
    standings.insert(USAGE_UNDELIVERED.name, vec![(deployment.undelivered.as_secs_f64(), vec![])]);
}

/// Lets the instrument be asked when an export is due, if it is one that is asked.
pub(super) fn observe(meter: &Meter, of: Instrument, standings: &Arc<Standings>) {
    let standings = standings.clone();
    let tell = move |observer: &dyn AsyncInstrument<f64>| {
        let standings = standings.lock().unwrap_or_else(PoisonError::into_inner);
        for (value, attributes) in standings.get(of.name).into_iter().flatten() {
            observer.observe(*value, attributes);
        }
    };
    match of.kind {
        InstrumentKind::Gauge => {
            meter
                .f64_observable_gauge(of.name)
                .with_unit(of.unit)
                .with_description(of.says)
                .with_callback(tell)
                .build();
        }
        InstrumentKind::UpDownCounter => {
            let builder = meter.f64_observable_up_down_counter(of.name).with_unit(of.unit).with_description(of.says);
            builder.with_callback(tell).build();
        }
        InstrumentKind::Counter | InstrumentKind::Histogram => {}
    }
}
