//! The wire types, as far as we use them.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use turnpike_sdk::answers::StatusItem;

/// A page of an edge.
#[derive(Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) data: Vec<T>,
    #[serde(default)]
    pub(crate) paging: Paging,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Paging {
    cursors: Cursors,
    /// A URL that holds the token: that it is there is all that is read of it.
    next: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cursors {
    after: Option<String>,
}

impl Paging {
    /// Where the next page starts. A page that is short, or empty, is not the last one as long as there is a `next`.
    pub(crate) fn next(self) -> Option<String> {
        self.next.and(self.cursors.after)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AdAccount {
    /// Without `act_`.
    pub(crate) account_id: String,
    pub(crate) name: String,
    pub(crate) account_status: i64,
    pub(crate) currency: String,
    pub(crate) timezone_name: String,
    pub(crate) amount_spent: Option<String>,
    pub(crate) spend_cap: Option<String>,
}

impl AdAccount {
    pub(crate) const FIELDS: &str = "account_id,name,account_status,currency,timezone_name,amount_spent,spend_cap";
    /// The status of an account that was closed for good.
    pub(crate) const CLOSED: i64 = 101;
}

/// A campaign, an ad set or an ad: something in an account.
pub(crate) trait Owned {
    /// What to ask for.
    const FIELDS: &str;

    /// The account that it is in, as Meta says.
    fn account_id(&self) -> &str;

    /// What was set of it.
    fn into_status(self) -> StatusItem;
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Campaign {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) effective_status: String,
    pub(crate) objective: String,
    pub(crate) daily_budget: Option<String>,
    pub(crate) lifetime_budget: Option<String>,
    pub(crate) start_time: Option<String>,
    pub(crate) stop_time: Option<String>,
}

impl Owned for Campaign {
    const FIELDS: &str =
        "id,account_id,name,status,effective_status,objective,daily_budget,lifetime_budget,start_time,stop_time";

    fn account_id(&self) -> &str {
        &self.account_id
    }

    fn into_status(self) -> StatusItem {
        StatusItem { id: self.id, name: self.name, status: self.status }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AdSet {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) campaign_id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) effective_status: String,
    pub(crate) optimization_goal: String,
    pub(crate) daily_budget: Option<String>,
    pub(crate) lifetime_budget: Option<String>,
    pub(crate) start_time: Option<String>,
    pub(crate) end_time: Option<String>,
}

impl Owned for AdSet {
    const FIELDS: &str = "id,account_id,campaign_id,name,status,effective_status,optimization_goal,daily_budget,\
        lifetime_budget,start_time,end_time";

    fn account_id(&self) -> &str {
        &self.account_id
    }

    fn into_status(self) -> StatusItem {
        StatusItem { id: self.id, name: self.name, status: self.status }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Ad {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) campaign_id: String,
    pub(crate) adset_id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) effective_status: String,
    pub(crate) creative: Creative,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Creative {
    pub(crate) id: Option<String>,
}

impl Owned for Ad {
    // `adset_id` is a field of ads only: an id of another level is refused.
    const FIELDS: &str = "id,account_id,campaign_id,adset_id,name,status,effective_status,creative{id}";

    fn account_id(&self) -> &str {
        &self.account_id
    }

    fn into_status(self) -> StatusItem {
        StatusItem { id: self.id, name: self.name, status: self.status }
    }
}

/// An entry of the change log.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Activity {
    pub(crate) event_time: String,
    pub(crate) event_type: String,
    pub(crate) translated_event_type: Option<String>,
    pub(crate) actor_name: Option<String>,
    pub(crate) object_id: Option<String>,
    pub(crate) object_name: Option<String>,
    pub(crate) object_type: Option<String>,
    /// JSON in a text, of a form that depends on the event.
    pub(crate) extra_data: Option<String>,
}

impl Activity {
    pub(crate) const FIELDS: &str = "event_time,event_type,translated_event_type,actor_name,object_id,object_name,\
        object_type,extra_data";
}

/// A row of insights. Numbers are texts; what was not asked for, and what is nought, is left out.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Row {
    pub(crate) campaign_id: Option<String>,
    pub(crate) campaign_name: Option<String>,
    pub(crate) adset_id: Option<String>,
    pub(crate) adset_name: Option<String>,
    pub(crate) ad_id: Option<String>,
    pub(crate) ad_name: Option<String>,
    pub(crate) date_start: String,
    pub(crate) impressions: Option<String>,
    pub(crate) reach: Option<String>,
    pub(crate) clicks: Option<String>,
    /// In the currency's own unit.
    pub(crate) spend: Option<String>,
    pub(crate) actions: Vec<Action>,
    pub(crate) action_values: Vec<Action>,
    /// The breakdown's own field, among others.
    #[serde(flatten)]
    pub(crate) more: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Action {
    pub(crate) action_type: String,
    pub(crate) value: String,
}

#[derive(Deserialize)]
pub(crate) struct Started {
    pub(crate) report_run_id: String,
}

/// A report that is made in the background.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Run {
    pub(crate) account_id: String,
    pub(crate) async_status: String,
    pub(crate) async_percent_completion: i64,
    pub(crate) error_code: Option<i64>,
    pub(crate) error_subcode: Option<i64>,
    pub(crate) error_message: Option<String>,
    pub(crate) error_user_msg: Option<String>,
}

impl Run {
    pub(crate) const FIELDS: &str = "account_id,async_status,async_percent_completion,error_code,error_subcode,\
        error_message,error_user_msg";
}
