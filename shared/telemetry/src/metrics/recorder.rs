//! The instruments, made of the list.

use std::sync::Arc;

use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::{
    gauges::{Standings, observe},
    list::{self, Instrument},
};

/// What is recorded with. The gauges are asked when an export is due.
pub(super) struct Recorder {
    pub(super) calls: Histogram<f64>,
    pub(super) served: Histogram<f64>,
    pub(super) sent: Histogram<f64>,
    pub(super) holds: Counter<u64>,
    pub(super) openings: Counter<u64>,
    pub(super) refreshes: Counter<u64>,
    pub(super) breaks: Counter<u64>,
    pub(super) runs: Counter<u64>,
    pub(super) standings: Arc<Standings>,
}

impl Recorder {
    pub(super) fn new(meter: &Meter) -> Self {
        let standings = Arc::<Standings>::default();
        list::INSTRUMENTS.iter().for_each(|instrument| observe(meter, *instrument, &standings));
        Self {
            calls: histogram(meter, list::CALL_DURATION),
            served: histogram(meter, list::SERVED_DURATION),
            sent: histogram(meter, list::SENT_DURATION),
            holds: counter(meter, list::HOLDS),
            openings: counter(meter, list::OPENINGS),
            refreshes: counter(meter, list::REFRESHES),
            breaks: counter(meter, list::BREAKS),
            runs: counter(meter, list::WORK_RUNS),
            standings,
        }
    }
}

fn histogram(meter: &Meter, of: Instrument) -> Histogram<f64> {
    let builder = meter.f64_histogram(of.name).with_unit(of.unit).with_description(of.says);
    builder.with_boundaries(of.boundaries.to_vec()).build()
}

fn counter(meter: &Meter, of: Instrument) -> Counter<u64> {
    meter.u64_counter(of.name).with_unit(of.unit).with_description(of.says).build()
}
