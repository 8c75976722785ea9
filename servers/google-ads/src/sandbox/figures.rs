//! Figures: a pure function of id and day, so that every run sees the same.

use chrono::{Datelike, NaiveDate};

/// What a row counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    pub(super) cost_micros: i64,
    /// Always a multiple of a half, so that sums are exact in any order.
    pub(super) conversions: f64,
    pub(super) value: f64,
}

impl Figures {
    /// Of one ad group, or one search term in it, on one day.
    pub(super) fn of(id: u64, day: NaiveDate) -> Self {
        let noise = mix(id ^ u64::from(day.num_days_from_ce().unsigned_abs()) << 40);
        let part = |shift: u32, below: u64| (noise >> shift) % below;
        let impressions = 200 + part(0, 1800);
        let clicks = impressions * (1 + part(16, 8)) / 100;
        let halves = clicks * part(32, 20) / 100;
        Self {
            impressions: impressions as i64,
            clicks: clicks as i64,
            cost_micros: (clicks * (20 + part(48, 180))) as i64 * 10_000,
            conversions: halves as f64 / 2.0,
            value: halves as f64 * 12.25,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions + other.impressions,
            clicks: self.clicks + other.clicks,
            cost_micros: self.cost_micros + other.cost_micros,
            conversions: self.conversions + other.conversions,
            value: self.value + other.value,
        }
    }
}

/// SplitMix64's finisher: neighbouring ids get unlike figures.
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
