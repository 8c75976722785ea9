//! Setting a property: the text that an agent sends, checked, and the value that Notion takes.

use chrono::NaiveDate;
use serde::Deserialize as _;
use serde_json::{Value, json};
use turnpike_sdk::{ArgumentError, ToolError};

use super::show::date;
use crate::api::{Named, Property};

/// The kinds that can be set, and set back.
pub(crate) const SETTABLE: &str =
    "title, rich_text, number, select, multi_select, status, date, checkbox, url, phone_number";
/// The most characters of a text: <https://developers.notion.com/reference/request-limits>.
const LONGEST: usize = 2_000;
/// The most options of a multi-select.
const MOST_OPTIONS: usize = 100;

/// A value as `set_property` has it: text that says the same every time; `None` for an empty property. `Err` where it holds
/// more than can be set back.
pub(crate) fn setting(property: &Property) -> Result<Option<String>, &'static str> {
    let value = property.value();
    Ok(match property.kind.as_str() {
        "title" | "rich_text" => {
            let text = property.text().unwrap_or_default();
            if !text.iter().all(crate::api::RichText::is_plain) {
                return Err("it holds formatted text, links or mentions, which would be lost");
            }
            Some(crate::api::plain(&text)).filter(|text| !text.is_empty())
        }
        "number" => value.as_f64().map(|number| number.to_string()),
        "checkbox" => value.as_bool().map(|checked| checked.to_string()),
        "url" | "phone_number" => value.as_str().map(str::to_owned),
        "select" | "status" => Named::deserialize(value).ok().map(|option| option.name),
        "multi_select" => {
            let options = Vec::<Named>::deserialize(value).unwrap_or_default();
            let names: Vec<_> = options.into_iter().map(|option| option.name).collect();
            Some(names.join(", ")).filter(|names| !names.is_empty())
        }
        "date" => date(value),
        _ => return Err("its kind cannot be set here"),
    })
}

/// What is sent to set the kind to this text, or to nothing.
pub(crate) fn wire_value(kind: &str, text: Option<&str>) -> Result<Value, ToolError> {
    let Some(text) = text else {
        let empty = if matches!(kind, "title" | "rich_text" | "multi_select") { json!([]) } else { Value::Null };
        return Ok(json!({ kind: empty }));
    };
    let option = |name: &str| json!({ "name": name });
    let value = match kind {
        "title" | "rich_text" => json!([{ "type": "text", "text": { "content": text } }]),
        "number" => json!(text.parse::<f64>().map_err(|_| ToolError::Bug("a number that is none".into()))?),
        "checkbox" => json!(text == "true"),
        "url" | "phone_number" => json!(text),
        "select" | "status" => option(text),
        "multi_select" => text.split(", ").map(option).collect(),
        "date" => {
            let (start, end) = text.split_once('/').map_or((text, None), |(start, end)| (start, Some(end)));
            json!({ "start": start, "end": end })
        }
        other => return Err(ToolError::Bug(format!("a property of the kind {other} was to be set"))),
    };
    Ok(json!({ kind: value }))
}

/// The text that an agent sends, in the form in which it will be read back.
pub(crate) fn canonical(kind: &str, text: &str) -> Result<String, ArgumentError> {
    let wrong = |problem: &str, fix: &str| ArgumentError::new("value", problem, fix);
    match kind {
        "title" | "rich_text" | "url" | "phone_number" => match text.chars().count() {
            1..=LONGEST => Ok(text.to_owned()),
            0 => Err(wrong("it is empty", "Send the text; nothing is emptied here.")),
            _ => Err(wrong("it is too long", "Send at most 2000 characters.")),
        },
        "number" => {
            let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            number
                .map(|number| number.to_string())
                .ok_or_else(|| wrong("the property is a number", "Send digits with a point, such as 12.5."))
        }
        "checkbox" => match text {
            "true" | "false" => Ok(text.to_owned()),
            _ => Err(wrong("the property is a checkbox", "Send true or false.")),
        },
        "date" => days(text).ok_or_else(|| {
            wrong(
                "the property is a date",
                "Send a day such as 2026-11-01, or two with a slash: 2026-11-01/2026-11-03.",
            )
        }),
        "select" | "status" => Ok(text.trim().to_owned()),
        "multi_select" => {
            let names: Vec<_> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
            match names.len() {
                1..=MOST_OPTIONS => Ok(names.join(", ")),
                _ => Err(wrong("it names no option, or too many", "Send 1 to 100 options with commas between them.")),
            }
        }
        _ => Err(wrong(
            "the property is of a kind that cannot be set here",
            &format!("Choose one of these kinds: {SETTABLE}."),
        )),
    }
}

fn days(text: &str) -> Option<String> {
    let day = |text: &str| text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
    match text.split_once('/') {
        None => day(text).map(|day| day.to_string()),
        Some((start, end)) => (day(start)? <= day(end)?).then(|| text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;

    #[test]
    fn what_is_set_is_read_back_as_it_was_sent() {
        for (kind, sent, canon) in [
            ("title", "Launch, \"now\"", "Launch, \"now\""),
            ("number", " 12.50 ", "12.5"),
            ("number", "3", "3"),
            ("checkbox", "true", "true"),
            ("select", "High", "High"),
            ("status", " In progress", "In progress"),
            ("multi_select", "a,b , c", "a, b, c"),
            ("date", "2026-11-01", "2026-11-01"),
            ("date", "2026-11-01/2026-11-03", "2026-11-01/2026-11-03"),
            ("url", "https://example.com", "https://example.com"),
        ] {
            let text = canonical(kind, sent).expect(sent);
            assert_eq!(text, canon, "{kind}");
            let mut wire = wire_value(kind, Some(&text)).expect("a value");
            if let Some(runs) = wire[kind].as_array_mut().filter(|_| kind == "title") {
                runs[0]["plain_text"] = sent.into();
            }
            wire["type"] = kind.into();
            let property: Property = from_value(wire).expect("a property");
            assert_eq!(setting(&property), Ok(Some(text)), "{kind}");
        }
    }

    #[test]
    fn what_cannot_be_a_value_of_the_kind_is_refused_with_its_form() {
        for (kind, sent) in [
            ("number", "twelve"),
            ("number", "inf"),
            ("checkbox", "yes"),
            ("date", "tomorrow"),
            ("date", "2026-11-1"),
            ("date", "2026-11-03/2026-11-01"),
            ("title", ""),
            ("multi_select", " , "),
            ("people", "Ann"),
            ("formula", "1"),
        ] {
            assert!(canonical(kind, sent).is_err(), "{kind}: {sent}");
        }
        assert!(canonical("rich_text", &"x".repeat(2_001)).is_err());
    }

    #[test]
    fn what_would_be_lost_by_setting_is_told() {
        let bold = json!({ "type": "title", "title": [
            { "type": "text", "plain_text": "a", "annotations": { "bold": true, "color": "default" }, "href": null }] });
        let plain = json!({ "type": "title", "title": [
            { "type": "text", "plain_text": "a", "annotations": { "bold": false, "color": "default" }, "href": null }] });
        assert!(setting(&from_value(bold).expect("a property")).is_err());
        assert_eq!(setting(&from_value(plain).expect("a property")), Ok(Some("a".to_owned())));
    }
}
