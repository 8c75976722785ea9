//! Filters as the simulated Notion reads them: each condition must be of the property's own kind.

use serde_json::{Map, Value};

use super::{
    refusal::Refusal,
    world::{Page, Source},
};

pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    One { property: String, kind: String, test: String, value: Value },
}

impl Filter {
    pub(super) fn read(filter: &Value, source: &Source) -> Result<Self, Refusal> {
        let fields = filter.as_object().ok_or_else(|| invalid("body.filter should be an object"))?;
        for (word, group) in [("and", Self::All as fn(Vec<Self>) -> Self), ("or", Self::Any)] {
            if let Some(parts) = fields.get(word) {
                let parts = parts.as_array().filter(|_| fields.len() == 1);
                let parts = parts.ok_or_else(|| invalid("body.filter is a group and nothing else"))?;
                return parts.iter().map(|part| Self::read(part, source)).collect::<Result<_, _>>().map(group);
            }
        }
        Self::read_one(fields, source)
    }

    fn read_one(fields: &Map<String, Value>, source: &Source) -> Result<Self, Refusal> {
        let name = fields.get("property").and_then(Value::as_str);
        let name = name.ok_or_else(|| invalid("body.filter.property should be defined"))?;
        let schema = source.properties.get(name);
        let schema =
            schema.ok_or_else(|| Refusal::invalid(format!("Could not find property with name or id: {name}")))?;
        let kind = schema["type"].as_str().unwrap_or_default();
        let mut given = fields.iter().filter(|(field, _)| *field != "property");
        let (Some((of, condition)), None) = (given.next(), given.next()) else {
            return Err(invalid("body.filter should hold one condition"));
        };
        if of != kind {
            return Err(Refusal::invalid(format!("database property {kind} does not match filter {of}")));
        }
        let condition = condition.as_object().filter(|condition| condition.len() == 1);
        let Some((test, value)) = condition.and_then(|condition| condition.iter().next()) else {
            return Err(invalid("body.filter's condition should hold one test"));
        };
        if !tests(kind).contains(&test.as_str()) || !fits(kind, test, value) {
            return Err(invalid(&format!("body.filter.{kind}.{test} is not taken, or not with this value")));
        }
        let options = schema[kind]["options"].as_array();
        let known = |name: &str| options.is_none_or(|options| options.iter().any(|option| option["name"] == name));
        if value.as_str().is_some_and(|name| options.is_some() && !known(name)) {
            return Err(Refusal::invalid(format!("{kind} option {value} not found for property \"{name}\".")));
        }
        Ok(Self::One { property: name.into(), kind: kind.into(), test: test.clone(), value: value.clone() })
    }

    pub(super) fn takes(&self, page: &Page) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.takes(page)),
            Self::Any(parts) => parts.iter().any(|part| part.takes(page)),
            Self::One { property, kind, test, value } => {
                page.properties.get(property).is_some_and(|own| takes(kind, test, value, &own[kind]))
            }
        }
    }
}

fn tests(kind: &str) -> &'static [&'static str] {
    match kind {
        "title" | "rich_text" | "url" | "email" | "phone_number" => {
            &["equals", "does_not_equal", "contains", "does_not_contain", "is_empty", "is_not_empty"]
        }
        "number" => &["equals", "does_not_equal", "greater_than", "less_than", "is_empty", "is_not_empty"],
        // An id is never empty.
        "unique_id" => &["equals", "does_not_equal", "greater_than", "less_than"],
        "checkbox" => &["equals", "does_not_equal"],
        "select" | "status" => &["equals", "does_not_equal", "is_empty", "is_not_empty"],
        "multi_select" => &["contains", "does_not_contain", "is_empty", "is_not_empty"],
        "date" | "created_time" => {
            &["equals", "before", "after", "on_or_before", "on_or_after", "is_empty", "is_not_empty"]
        }
        "people" | "files" | "relation" => &["is_empty", "is_not_empty"],
        _ => &[],
    }
}

fn fits(kind: &str, test: &str, value: &Value) -> bool {
    match (test, kind) {
        ("is_empty" | "is_not_empty", _) => value == true,
        (_, "number" | "unique_id") => value.is_number(),
        (_, "checkbox") => value.is_boolean(),
        (_, "date" | "created_time") => value.as_str().is_some_and(|text| text.len() >= 10 && text.starts_with("20")),
        _ => value.is_string(),
    }
}

fn takes(kind: &str, test: &str, value: &Value, own: &Value) -> bool {
    let empty = own.is_null() || own.as_array().is_some_and(Vec::is_empty);
    match test {
        "is_empty" => return empty,
        "is_not_empty" => return !empty,
        _ => {}
    }
    let wanted = value.as_str().unwrap_or_default();
    match kind {
        "number" | "unique_id" => {
            let own = own.as_f64().or_else(|| own["number"].as_f64());
            let wanted = value.as_f64().unwrap_or_default();
            match test {
                "greater_than" => own.is_some_and(|own| own > wanted),
                "less_than" => own.is_some_and(|own| own < wanted),
                test => (own == Some(wanted)) == (test == "equals"),
            }
        }
        "checkbox" => (own == value) == (test == "equals"),
        "select" | "status" => (own["name"] == wanted) == (test == "equals"),
        "multi_select" => {
            let has = own.as_array().is_some_and(|options| options.iter().any(|option| option["name"] == wanted));
            has == (test == "contains")
        }
        "date" | "created_time" => {
            // Days compare as text, instants by their day.
            let Some(own) = own["start"].as_str().or_else(|| own.as_str()) else { return false };
            let day = |text: &str| text.chars().take(10).collect::<String>();
            let order = day(own).cmp(&day(wanted));
            match test {
                "before" => order.is_lt(),
                "after" => order.is_gt(),
                "on_or_before" => order.is_le(),
                "on_or_after" => order.is_ge(),
                _ => order.is_eq(),
            }
        }
        _ => {
            let own: String = match own.as_array() {
                Some(runs) => runs.iter().filter_map(|run| run["plain_text"].as_str()).collect(),
                None => own.as_str().unwrap_or_default().to_owned(),
            };
            let (own, wanted) = (own.to_lowercase(), wanted.to_lowercase());
            match test {
                "contains" => own.contains(&wanted),
                "does_not_contain" => !own.contains(&wanted),
                test => (own == wanted) == (test == "equals"),
            }
        }
    }
}

fn invalid(words: &str) -> Refusal {
    Refusal::invalid(format!("body failed validation: {words}."))
}
