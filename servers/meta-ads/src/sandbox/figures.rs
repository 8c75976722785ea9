//! Figures: a pure function of ad and day, so that every run sees the same.

use chrono::{Datelike as _, NaiveDate};

/// What a row counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    /// In the currency's smallest unit.
    pub(super) cost: i64,
    pub(super) purchases: i64,
    pub(super) leads: i64,
}

impl Figures {
    /// Of one ad on one day of the years 2023 to 2027.
    pub(super) fn of(id: u64, day: NaiveDate) -> Self {
        if !(2023..=2027).contains(&day.year()) {
            return Self::default();
        }
        let noise = mix(id ^ u64::from(day.num_days_from_ce().unsigned_abs()) << 40);
        let part = |shift: u32, below: u64| i64::try_from((noise >> shift) % below).unwrap_or_default();
        let impressions = 100 + part(0, 900);
        let clicks = impressions * (1 + part(16, 4)) / 100;
        Self {
            impressions,
            clicks,
            cost: clicks * (60 + part(48, 200)),
            purchases: clicks * part(32, 20) / 100,
            leads: clicks * part(24, 10) / 100,
        }
    }

    /// One of so many parts: together they are the whole.
    pub(super) fn part(self, at: usize, of: usize) -> Self {
        let (at, of) = (i64::try_from(at).unwrap_or_default(), i64::try_from(of).unwrap_or(1));
        let share = |whole: i64| whole / of + i64::from(at < whole % of);
        Self {
            impressions: share(self.impressions),
            clicks: share(self.clicks),
            cost: share(self.cost),
            purchases: share(self.purchases),
            leads: share(self.leads),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions + other.impressions,
            clicks: self.clicks + other.clicks,
            cost: self.cost + other.cost,
            purchases: self.purchases + other.purchases,
            leads: self.leads + other.leads,
        }
    }
}

/// SplitMix64's finisher: neighbouring ids get unlike figures.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
