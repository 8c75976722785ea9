//! Figures: a pure function of id and day, so that every run sees the same.

use chrono::{Datelike as _, NaiveDate};

/// What a row counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    /// In cents.
    pub(super) cost: i64,
    pub(super) purchases: i64,
    /// In cents.
    pub(super) sales: i64,
}

impl Figures {
    /// Of one thing on one day.
    pub(super) fn of(id: u64, day: NaiveDate) -> Self {
        let noise = mix(id ^ u64::from(day.num_days_from_ce().unsigned_abs()) << 40);
        let part = |shift: u32, below: u64| i64::try_from((noise >> shift) % below).unwrap_or_default();
        let impressions = 100 + part(0, 900);
        let clicks = impressions * (1 + part(16, 4)) / 100;
        let purchases = clicks * part(32, 20) / 100;
        Self {
            impressions,
            clicks,
            cost: clicks * (30 + part(48, 90)),
            purchases,
            sales: purchases * (1_000 + part(24, 3_000)),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions + other.impressions,
            clicks: self.clicks + other.clicks,
            cost: self.cost + other.cost,
            purchases: self.purchases + other.purchases,
            sales: self.sales + other.sales,
        }
    }
}

/// SplitMix64's finisher: neighbouring ids get unlike figures.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
