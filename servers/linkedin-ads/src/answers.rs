//! Parts that several answers share.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_core::Micros;
use turnpike_sdk::answers;
pub(crate) use turnpike_sdk::answers::{AccountLine, Heading, cut, first_row};

use crate::api::{Date, Row};

/// Figures of a period.
pub(crate) type Report<Line> = turnpike_sdk::answers::Report<Line, Figures>;

/// Figures of a row, or of all rows together.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Figures {
    #[serde(flatten)]
    figures: answers::Figures,
    /// Leads from LinkedIn's own forms.
    leads: i64,
}

impl Figures {
    /// Of all these rows together.
    pub(crate) fn total(rows: &[Row]) -> Self {
        let sum = |figure: fn(&Row) -> i64| rows.iter().map(figure).sum::<i64>();
        Self::from(&Row {
            impressions: sum(|row| row.impressions),
            clicks: sum(|row| row.clicks),
            cost_in_local_currency: sum(|row| row.cost_in_local_currency),
            external_website_conversions: sum(|row| row.external_website_conversions),
            conversion_value_in_local_currency: sum(|row| row.conversion_value_in_local_currency),
            one_click_leads: sum(|row| row.one_click_leads),
            ..Row::default()
        })
    }
}

impl From<&Row> for Figures {
    fn from(row: &Row) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 conversions")]
        let conversions = row.external_website_conversions as f64;
        let (cost, value) = (Micros(row.cost_in_local_currency), Micros(row.conversion_value_in_local_currency));
        let figures = answers::Figures::new(row.impressions, row.clicks, cost, conversions, value.to_units());
        Self { figures, leads: row.one_click_leads }
    }
}

impl Row {
    /// What the row is about.
    pub(crate) fn about(&self) -> &str {
        self.pivot_values.first().map_or("", String::as_str)
    }

    /// The row's day.
    pub(crate) fn day(&self) -> String {
        let Date { year, month, day } = self.date_range.start;
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// The id within a URN: `1` of `urn:li:sponsoredCampaign:1`.
pub(crate) fn id_of(urn: &str) -> &str {
    urn.rsplit(':').next().unwrap_or_default()
}
