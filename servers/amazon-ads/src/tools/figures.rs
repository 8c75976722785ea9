//! The figures of reports, and what is said of their age.

use turnpike_core::Micros;
use turnpike_sdk::answers::Figures;

use crate::{api::Row, arguments::Ids};

/// How late Amazon's figures come.
pub(super) const FRESHNESS: &str = "clicks and cost come within 12 hours and may be corrected for three days; conversions \
    are purchases within 7 days of a click and keep growing for as long";

/// Why there are no figures.
pub(super) fn note(why: &str) -> String {
    format!("There are no figures: {why} on these days.")
}

/// Whether the row is of one of these campaigns; without any, it is. Amazon's reports are not narrowed to campaigns.
pub(super) fn is_of(row: &Row, campaigns: Option<&Ids>) -> bool {
    campaigns.is_none_or(|ids| ids.iter().any(|id| id.0 == row.campaign_id.0))
}

/// Of one row.
pub(super) fn of(row: &Row) -> Figures {
    figures(row.impressions, row.clicks, row.cost.0, row.purchases7d, row.sales7d.0)
}

/// Of all rows together.
pub(super) fn total(rows: &[Row]) -> Figures {
    let sum = |figure: fn(&Row) -> i64| rows.iter().map(figure).fold(0, i64::saturating_add);
    figures(
        sum(|row| row.impressions),
        sum(|row| row.clicks),
        Micros(sum(|row| row.cost.0.0)),
        sum(|row| row.purchases7d),
        Micros(sum(|row| row.sales7d.0.0)),
    )
}

fn figures(impressions: i64, clicks: i64, cost: Micros, purchases: i64, sales: Micros) -> Figures {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 purchases")]
    let purchases = purchases as f64;
    Figures::new(impressions, clicks, cost, purchases, sales.to_units())
}
