//! The one meter: it counts units.

use stripe_billing::{BillingMeterStatus, billing_meter::ListBillingMeter};

use super::{Failure, Stripe};

/// The name of the events that the meter counts.
pub(crate) const METER_EVENT: &str = "turnpike_units";

impl Stripe {
    /// The id of the meter; none while nothing was seeded.
    pub(crate) async fn find_meter(&self) -> Result<Option<String>, Failure> {
        if let Some(id) = self.meter_id.get() {
            return Ok(Some(id.clone()));
        }
        let list = ListBillingMeter::new().status(BillingMeterStatus::Active).limit(100);
        let meters = self.read_client().get(&list).await?.data;
        let Some(meter) = meters.into_iter().find(|meter| meter.event_name == METER_EVENT) else { return Ok(None) };
        Ok(Some(self.meter_id.get_or_init(|| meter.id.to_string()).clone()))
    }
}
