//! One profile, as the target of requests: what is asked for is always asked for within it, so that an id of another
//! profile is an id that does not exist.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use turnpike_sdk::{Account, Cursor, Cx, Effect, Page, Request, ToolError};

use crate::{
    api::{Include, Listed, Refused, Search, Updated},
    arguments::{EntityId, MaxRows},
};

/// Amazon's own pages.
const PAGE: usize = 100;
/// Characters of Amazon's words about one item.
const LONGEST_REASON: usize = 300;

/// What a profile has lists of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collection {
    Campaigns,
    AdGroups,
    Keywords,
}

/// A profile of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Profile<'a> {
    cx: &'a Cx,
    account: &'a Account,
}

/// Where the next page starts: in the upstream's page of `token`, after `skip` rows.
#[derive(Serialize, Deserialize, Default)]
struct Place {
    token: Option<String>,
    skip: usize,
}

impl Collection {
    fn name(self) -> &'static str {
        match self {
            Self::Campaigns => "campaigns",
            Self::AdGroups => "adGroups",
            Self::Keywords => "keywords",
        }
    }

    /// The version of the API stands in here.
    fn media_type(self) -> &'static str {
        match self {
            Self::Campaigns => "application/vnd.spCampaign.v3+json",
            Self::AdGroups => "application/vnd.spAdGroup.v3+json",
            Self::Keywords => "application/vnd.spKeyword.v3+json",
        }
    }
}

impl<'a> Profile<'a> {
    pub(crate) fn of(cx: &'a Cx, account: &'a Account) -> Self {
        Self { cx, account }
    }

    /// One page of at most `max_rows` entities. The cursor opens only for the same `args`.
    pub(crate) async fn page<T: DeserializeOwned>(
        self,
        of: Collection,
        search: Search,
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        cursor: Option<&Cursor>,
    ) -> Result<(Vec<T>, Page), ToolError> {
        let place = cursor.map(|cursor| self.cx.open_cursor(args, cursor)).transpose()?;
        let Place { mut token, mut skip } = place.unwrap_or_default();
        let max_results = max_rows.get().min(PAGE);
        let (mut rows, mut total): (Vec<T>, _) = (vec![], None);
        let next = loop {
            let found: Listed<T> =
                self.list(of, &Search { max_results, next_token: token.clone(), ..search.clone() }).await?;
            total = found.total_results.or(total);
            let wanted = max_rows.get() - rows.len();
            let left = found.items.len().saturating_sub(skip);
            rows.extend(found.items.into_iter().skip(skip).take(wanted));
            match found.next_token.filter(|next| !next.is_empty()) {
                _ if left > wanted => break Some(Place { token, skip: skip + wanted }),
                None => break None,
                Some(next) if left == wanted => break Some(Place { token: Some(next), skip: 0 }),
                Some(next) => (token, skip) = (Some(next), 0),
            }
        };
        let page = Page::new(rows.len(), total, next.map(|next| self.cx.cursor(args, &next)));
        Ok((rows, page))
    }

    /// Entities by id, as far as they exist in this profile, whatever their state.
    pub(crate) async fn find<T: DeserializeOwned>(
        self,
        of: Collection,
        ids: impl IntoIterator<Item = &EntityId>,
    ) -> Result<Vec<T>, ToolError> {
        let ids = Some(Include::of(ids));
        let search = Search { max_results: PAGE, ..Search::default() };
        let search = match of {
            Collection::Campaigns => Search { campaign_id_filter: ids, ..search },
            _ => Search { ad_group_id_filter: ids, ..search },
        };
        Ok(self.list(of, &search).await?.items)
    }

    /// Changes several entities. Amazon changes each on its own: when some are refused, the others are changed.
    pub(crate) async fn update<T: Serialize>(self, of: Collection, items: &[(String, T)]) -> Result<(), ToolError> {
        let body = BTreeMap::from([(of.name(), items.iter().map(|(_, item)| item).collect::<Vec<_>>())]);
        let request = Request::put(format!("/sp/{}", of.name()), &body)?;
        let Updated { items: outcomes } = self.send(request.media_types(of.media_type(), of.media_type())).await?;
        if outcomes.error.is_empty() && outcomes.success.len() == items.len() {
            return Ok(());
        }
        let id = |at: Option<usize>| at.and_then(|at| items.get(at)).map_or("an item", |(id, _)| id.as_str());
        let refused: Vec<String> =
            outcomes.error.iter().map(|refused| format!("{}: {}", id(refused.index), refused.words())).collect();
        let missing = items.len().saturating_sub(outcomes.success.len() + refused.len());
        let unsaid = if missing == 0 { String::new() } else { format!("; it says nothing of {missing}") };
        Err(ToolError::Refused {
            reason: format!(
                "Amazon changed {} and refused {}: {}{unsaid}",
                outcomes.success.len(),
                refused.len(),
                refused.join("; ")
            ),
            next_step: "Look at the present state, then preview again for those that Amazon refused.".into(),
        })
    }

    /// Sends a request within the profile.
    pub(crate) async fn send<T: DeserializeOwned>(self, request: Request) -> Result<T, ToolError> {
        Ok(self.cx.send(request.account(&self.account.id)).await?.json()?)
    }

    async fn list<T: DeserializeOwned>(self, of: Collection, search: &Search) -> Result<Listed<T>, ToolError> {
        let request = Request::post(format!("/sp/{}/list", of.name()), search, Effect::Read)?;
        self.send(request.media_types(of.media_type(), of.media_type())).await
    }
}

impl Refused {
    /// Whether nothing but too many requests stood against the item: it was not looked at, and may be sent as it is.
    pub(crate) fn is_throttled(&self) -> bool {
        !self.errors.is_empty() && self.errors.iter().all(|error| error["errorType"] == "throttledError")
    }

    /// Why, in Amazon's words: `{errorType, errorValue: {<type>: {reason, message, …}}}`, as far as it is there.
    fn words(&self) -> String {
        if self.is_throttled() {
            return "throttled, not looked at".into();
        }
        let words = self.errors.iter().map(|error| {
            let value = error["errorValue"].as_object().and_then(|value| value.values().next()).unwrap_or(error);
            let words = ["message", "reason"].map(|name| value[name].as_str().filter(|words| !words.is_empty()));
            match words {
                [Some(message), Some(reason)] => format!("{message} ({reason})"),
                [Some(words), None] | [None, Some(words)] => words.to_owned(),
                [None, None] => error["errorType"].as_str().unwrap_or("no reason given").to_owned(),
            }
        });
        words.collect::<Vec<_>>().join(", ").chars().take(LONGEST_REASON).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_reason_of_an_item_is_found_in_errors_of_any_shape() {
        let value =
            json!({ "reason": "OUT_OF_RANGE", "message": "Too low", "cause": { "location": "$" }, "limits": [1] });
        let many = |errors: Value| json!({ "index": 1, "errors": errors });
        for (refused, words) in [
            (
                many(json!([{ "errorType": "rangeError", "errorValue": { "rangeError": value } }])),
                "Too low (OUT_OF_RANGE)",
            ),
            (many(json!([{ "errorType": "rangeError", "errorValue": { "rangeError": { "reason": "X" } } }])), "X"),
            (
                many(json!([{ "errorType": "otherError", "errorValue": { "otherError": { "message": "" } } }])),
                "otherError",
            ),
            (many(json!([{ "errorType": "otherError", "errorValue": "text" }])), "otherError"),
            (many(json!([{ "code": "FIELD_VALUE_IS_INVALID", "message": "Not so" }])), "Not so"),
            (many(json!([7, { "message": "a" }])), "no reason given, a"),
            (many(json!([{ "errorType": "throttledError" }])), "throttled, not looked at"),
            (json!({ "errors": [] }), ""),
            (json!({}), ""),
        ] {
            let read: Refused = serde_json::from_value(refused.clone()).unwrap();
            assert_eq!(read.words(), words, "{refused}");
        }
    }
}
