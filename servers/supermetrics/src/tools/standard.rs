//! Which fields of a data source are what every advertising platform counts. Ids differ from source to source, names
//! hardly do: the fields are looked up, never guessed, and the answer says which were taken.

use crate::api::FieldInfo;

/// What a figure or a dimension is called with us, and by which names data sources know it.
pub(super) struct Standard {
    pub(super) key: &'static str,
    metric: bool,
    names: &'static [&'static str],
}

const fn metric(key: &'static str, names: &'static [&'static str]) -> Standard {
    Standard { key, metric: true, names }
}

const fn dimension(key: &'static str, names: &'static [&'static str]) -> Standard {
    Standard { key, metric: false, names }
}

/// The figures, in the order in which they are shown.
pub(super) const FIGURES: [Standard; 5] = [
    metric("impressions", &["impressions"]),
    metric("clicks", &["clicks", "clicks (all)", "link clicks", "total clicks"]),
    metric("cost", &["cost", "amount spent", "spend", "total spent", "total spend"]),
    metric("conversions", &["conversions", "total conversions", "all conversions"]),
    metric(
        "conversions_value",
        &["conversion value", "conversions value", "total conversion value", "conversion value (all)"],
    ),
];

pub(super) const DATE: Standard = dimension("date", &["date"]);
pub(super) const CURRENCY: Standard = dimension("currency", &["currency", "account currency", "currency code"]);
pub(super) const CAMPAIGN: [Standard; 2] =
    [dimension("campaign_id", &["campaign id"]), dimension("campaign", &["campaign name", "campaign"])];
pub(super) const AD_GROUP: [Standard; 2] = [
    dimension("ad_group_id", &["ad group id", "ad set id", "adset id", "ad squad id"]),
    dimension("ad_group", &["ad group name", "ad group", "ad set name", "adset name", "ad squad name"]),
];

impl Standard {
    /// The source's field, by the first of our names that it knows.
    pub(super) fn find<'a>(&self, fields: &'a [FieldInfo]) -> Option<&'a str> {
        let named = |name: &&str| {
            let same =
                |field: &&FieldInfo| field.is_metric() == self.metric && field.field_name.eq_ignore_ascii_case(name);
            fields.iter().find(same)
        };
        self.names.iter().find_map(named).map(|field| field.field_id.as_str())
    }
}
