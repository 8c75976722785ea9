//! Conditions on rows, as Notion has them for each kind of property:
//! <https://developers.notion.com/reference/filter-data-source-entries>.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use turnpike_sdk::ArgumentError;

use super::options;
use crate::api::Property;

/// A condition that rows must meet.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    /// Name of the property.
    pub(crate) property: String,
    /// What it must be. Text: equals, contains and their opposites. Number: equals, greater_than, less_than. Date: equals,
    /// before, after, on_or_before, on_or_after. Select, status, checkbox: equals. Multi-select: contains. All but checkbox:
    /// is_empty, is_not_empty.
    pub(crate) test: Test,
    /// What it is compared with: text, a number, true or false, a day such as 2026-11-01, or an option; not for is_empty.
    #[serde(default)]
    pub(crate) value: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Test {
    Equals,
    DoesNotEqual,
    Contains,
    DoesNotContain,
    GreaterThan,
    LessThan,
    Before,
    After,
    OnOrBefore,
    OnOrAfter,
    IsEmpty,
    IsNotEmpty,
}

/// What a kind of property is compared as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    Text,
    Number,
    Checkbox,
    Choice,
    Choices,
    Date,
    Presence,
}

impl Compared {
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "title" | "rich_text" | "url" | "phone_number" => Self::Text,
            "number" | "unique_id" => Self::Number,
            "checkbox" => Self::Checkbox,
            "select" | "status" => Self::Choice,
            "multi_select" => Self::Choices,
            "date" | "created_time" | "last_edited_time" => Self::Date,
            "people" | "files" | "relation" => Self::Presence,
            _ => return None,
        })
    }

    fn tests(self) -> &'static [Test] {
        use Test::{
            After, Before, Contains, DoesNotContain, DoesNotEqual, Equals, GreaterThan, IsEmpty, IsNotEmpty, LessThan,
            OnOrAfter, OnOrBefore,
        };
        match self {
            Self::Text => &[Equals, DoesNotEqual, Contains, DoesNotContain, IsEmpty, IsNotEmpty],
            Self::Number => &[Equals, DoesNotEqual, GreaterThan, LessThan, IsEmpty, IsNotEmpty],
            Self::Checkbox => &[Equals, DoesNotEqual],
            Self::Choice => &[Equals, DoesNotEqual, IsEmpty, IsNotEmpty],
            Self::Choices => &[Contains, DoesNotContain, IsEmpty, IsNotEmpty],
            Self::Date => &[Equals, Before, After, OnOrBefore, OnOrAfter, IsEmpty, IsNotEmpty],
            Self::Presence => &[IsEmpty, IsNotEmpty],
        }
    }

    fn value(self, text: &str) -> Option<Value> {
        match self {
            Self::Text | Self::Choice | Self::Choices => Some(text.into()),
            Self::Number => text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
            Self::Checkbox => text.parse::<bool>().ok().map(Value::from),
            Self::Date => {
                let day = text.parse::<chrono::NaiveDate>().is_ok_and(|day| day.to_string() == text);
                (day || chrono::DateTime::parse_from_rfc3339(text).is_ok()).then(|| text.into())
            }
            Self::Presence => None,
        }
    }
}

impl Test {
    fn word(self) -> String {
        match serde_json::to_value(self) {
            Ok(Value::String(word)) => word,
            _ => String::new(),
        }
    }

    fn needs_value(self) -> bool {
        !matches!(self, Self::IsEmpty | Self::IsNotEmpty)
    }
}

/// The filter that Notion takes for all these conditions together; `None` for none.
pub(crate) fn filter_of(
    conditions: &[Condition],
    schema: &BTreeMap<String, Property>,
) -> Result<Option<Value>, ArgumentError> {
    let parts =
        conditions.iter().enumerate().map(|(at, condition)| condition.to_wire(&format!("conditions[{at}]"), schema));
    let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
    Ok(match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(json!({ "and": parts })),
    })
}

impl Condition {
    fn to_wire(&self, place: &str, schema: &BTreeMap<String, Property>) -> Result<Value, ArgumentError> {
        let wrong =
            |field: &str, problem: String, fix: String| ArgumentError::new(format!("{place}.{field}"), problem, fix);
        let property = schema.get(&self.property).ok_or_else(|| unknown(&format!("{place}.property"), schema))?;
        let kind = property.kind.as_str();
        let compared = Compared::of(kind).ok_or_else(|| {
            wrong(
                "property",
                format!("a property of the kind {kind} cannot be filtered by here"),
                "Leave it out.".into(),
            )
        })?;
        if !compared.tests().contains(&self.test) {
            let tests: Vec<_> = compared.tests().iter().map(|test| test.word()).collect();
            let fix = format!("Choose one of {}.", tests.join(", "));
            return Err(wrong("test", format!("it does not go with the kind {kind}"), fix));
        }
        let value = match (self.test.needs_value(), &self.value) {
            (false, None) => Value::Bool(true),
            (false, Some(_)) => {
                return Err(wrong("value", "this test compares with nothing".into(), "Leave `value` out.".into()));
            }
            (true, None) => {
                return Err(wrong("value", "it is missing".into(), "Say what to compare with.".into()));
            }
            (true, Some(text)) => compared.value(text).ok_or_else(|| {
                wrong("value", format!("it is no value of the kind {kind}"), "See the description of `value`.".into())
            })?,
        };
        if let (Some(options), Some(name)) = (options(property), value.as_str())
            && !options.iter().any(|option| option == name)
        {
            let fix = format!("Choose one of {}.", shortened(&options));
            return Err(wrong("value", format!("the property has no option \"{name}\""), fix));
        }
        Ok(json!({ "property": self.property, kind: { self.test.word(): value } }))
    }
}

/// Says which properties there are.
pub(crate) fn unknown(field: &str, schema: &BTreeMap<String, Property>) -> ArgumentError {
    let names: Vec<String> = schema.keys().cloned().collect();
    ArgumentError::new(field, "the database has no such property", format!("Choose one of {}.", shortened(&names)))
}

/// The first of many names.
pub(crate) fn shortened(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(30).map(String::as_str).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;

    fn schema() -> BTreeMap<String, Property> {
        from_value(json!({
            "Name": { "type": "title", "title": {} },
            "Count": { "type": "number", "number": {} },
            "Done": { "type": "checkbox", "checkbox": {} },
            "Stage": { "type": "select", "select": { "options": [{ "name": "Lead" }, { "name": "Won" }] } },
            "Tags": { "type": "multi_select", "multi_select": { "options": [{ "name": "new" }] } },
            "Due": { "type": "date", "date": {} },
            "Mail": { "type": "email", "email": {} },
        }))
        .expect("a schema")
    }

    fn filter(conditions: Value) -> Result<Option<Value>, ArgumentError> {
        let conditions: Vec<Condition> = from_value(conditions).expect("conditions");
        filter_of(&conditions, &schema())
    }

    #[test]
    fn conditions_become_what_notion_takes_for_their_kind() {
        let one = filter(json!([{ "property": "Count", "test": "greater_than", "value": "12.5" }]));
        assert_eq!(one, Ok(Some(json!({ "property": "Count", "number": { "greater_than": 12.5 } }))));
        let two = filter(json!([
            { "property": "Done", "test": "equals", "value": "false" },
            { "property": "Due", "test": "is_empty" },
        ]));
        let done = json!({ "property": "Done", "checkbox": { "equals": false } });
        let due = json!({ "property": "Due", "date": { "is_empty": true } });
        assert_eq!(two, Ok(Some(json!({ "and": [done, due] }))));
        assert_eq!(filter(json!([])), Ok(None));
    }

    #[test]
    fn a_condition_that_cannot_be_is_refused_with_its_place_and_what_could() {
        for (condition, field, fix) in [
            (json!({ "property": "Nope", "test": "is_empty" }), "property", "Name"),
            (json!({ "property": "Mail", "test": "contains", "value": "a" }), "property", "Leave"),
            (json!({ "property": "Name", "test": "greater_than", "value": "1" }), "test", "contains"),
            (json!({ "property": "Count", "test": "equals", "value": "many" }), "value", "description"),
            (json!({ "property": "Count", "test": "equals" }), "value", "compare"),
            (json!({ "property": "Name", "test": "is_empty", "value": "x" }), "value", "out"),
            (json!({ "property": "Stage", "test": "equals", "value": "Lost" }), "value", "Lead, Won"),
            (json!({ "property": "Tags", "test": "contains", "value": "old" }), "value", "new"),
            (json!({ "property": "Due", "test": "after", "value": "soon" }), "value", "description"),
        ] {
            let error = filter(json!([condition])).expect_err("a refusal");
            assert_eq!(error.field, format!("conditions[0].{field}"), "{condition}");
            assert!(error.fix.contains(fix), "{condition}: {error}");
        }
    }
}
