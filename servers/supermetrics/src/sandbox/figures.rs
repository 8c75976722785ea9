//! Figures: a pure function of id and day, so that every run sees the same.

use chrono::{Datelike, NaiveDate};

/// What a row counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    pub(super) cost_cents: i64,
    pub(super) conversions: i64,
    pub(super) value_cents: i64,
}

impl Figures {
    /// Of one ad group on one day.
    pub(super) fn of(id: u64, day: NaiveDate) -> Self {
        let noise = mix(id ^ u64::from(day.num_days_from_ce().unsigned_abs()) << 40);
        let part = |shift: u32, below: u64| ((noise >> shift) % below) as i64;
        let impressions = 200 + part(0, 1800);
        let clicks = impressions * (1 + part(16, 8)) / 100;
        let conversions = clicks * part(32, 20) / 100;
        Self {
            impressions,
            clicks,
            cost_cents: clicks * (20 + part(48, 180)),
            conversions,
            value_cents: conversions * 2450,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions + other.impressions,
            clicks: self.clicks + other.clicks,
            cost_cents: self.cost_cents + other.cost_cents,
            conversions: self.conversions + other.conversions,
            value_cents: self.value_cents + other.value_cents,
        }
    }
}

/// Cents as a decimal text.
pub(super) fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// SplitMix64's finisher: neighbouring ids get unlike figures.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
