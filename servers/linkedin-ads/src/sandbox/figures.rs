//! Figures: a pure function of id and day, so that every run sees the same.

use chrono::{Datelike as _, NaiveDate};

/// What a row counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    /// In cents.
    pub(super) cost: i64,
    pub(super) conversions: i64,
    /// In cents.
    pub(super) value: i64,
    pub(super) leads: i64,
}

impl Figures {
    /// Of one thing on one day of the years 2024 to 2027.
    pub(super) fn of(id: u64, day: NaiveDate) -> Self {
        if !(2024..=2027).contains(&day.year()) {
            return Self::default();
        }
        let noise = mix(id ^ u64::from(day.num_days_from_ce().unsigned_abs()) << 40);
        let part = |shift: u32, below: u64| i64::try_from((noise >> shift) % below).unwrap_or_default();
        let impressions = 100 + part(0, 900);
        let clicks = impressions * (1 + part(16, 4)) / 100;
        let conversions = clicks * part(32, 20) / 100;
        Self {
            impressions,
            clicks,
            cost: clicks * (300 + part(48, 500)),
            conversions,
            value: conversions * 4_225,
            leads: clicks * part(24, 10) / 100,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions + other.impressions,
            clicks: self.clicks + other.clicks,
            cost: self.cost + other.cost,
            conversions: self.conversions + other.conversions,
            value: self.value + other.value,
            leads: self.leads + other.leads,
        }
    }
}

/// SplitMix64's finisher: neighbouring ids get unlike figures.
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number that depends on every byte.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |hash, byte| mix(hash ^ u64::from(byte)))
}
