//! Form-encoded parameters with nested keys: `a[b]=c`, `a[0][b]=c`, `a[]=c`.

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::refusal::Refusal;

/// The parameters of a request as a tree; lists are objects with the keys `0`, `1`, ….
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(Map<String, Value>);

/// Allowed in every request.
const ALWAYS: [&str; 1] = ["expand.#"];

impl Form {
    pub(crate) fn parse(raw: &str) -> Self {
        let mut tree = Map::new();
        for (key, value) in form_urlencoded::parse(raw.as_bytes()) {
            insert(&mut tree, &segments(&key), &value);
        }
        Self(tree)
    }

    /// A form that was kept as a tree.
    pub(crate) fn of(tree: &Value) -> Self {
        Self(tree.as_object().cloned().unwrap_or_default())
    }

    pub(crate) fn tree(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Refuses what is not named: `a.b`, `list.#.b`, `metadata.*`.
    pub(crate) fn only(&self, allowed: &[&str]) -> Result<(), Refusal> {
        for path in leaves(&self.0, &[]) {
            if !allowed.iter().chain(&ALWAYS).any(|pattern| matches(pattern, &path)) {
                return Err(Refusal::unknown(&bracketed(&path)));
            }
        }
        Ok(())
    }

    fn at(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let mut value = self.0.get(names.next()?)?;
        for name in names {
            value = value.get(name)?;
        }
        Some(value)
    }

    /// Whether it was sent at all, even empty.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// A text as a value of JSON, or null.
    pub(crate) fn value(&self, path: &str) -> Value {
        self.text(path).map_or(Value::Null, Value::from)
    }

    pub(crate) fn need(&self, path: &str) -> Result<&str, Refusal> {
        match self.at(path) {
            None => Err(Refusal::missing(&dotted(path))),
            Some(Value::String(text)) if text.is_empty() => Err(Refusal::empty(&dotted(path))),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Refusal::param(&dotted(path), format!("Invalid string: {}", dotted(path)))),
        }
    }

    pub(crate) fn int(&self, path: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(path) else { return Ok(None) };
        let wrong =
            || Refusal::param(&dotted(path), format!("Invalid integer: {text}")).code("parameter_invalid_integer");
        text.parse().map(Some).map_err(|_| wrong())
    }

    pub(crate) fn flag(&self, path: &str) -> Result<Option<bool>, Refusal> {
        match self.text(path) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Refusal::param(&dotted(path), format!("Invalid boolean: {other}"))),
        }
    }

    /// One of the given words.
    pub(crate) fn choice(&self, path: &str, words: &[&str]) -> Result<Option<&str>, Refusal> {
        let Some(text) = self.text(path) else { return Ok(None) };
        if words.contains(&text) {
            return Ok(Some(text));
        }
        let message = format!("Invalid {}: must be one of {}", dotted(path), words.join(", "));
        Err(Refusal::param(&dotted(path), message))
    }

    /// The parts of a list, each as a form.
    pub(crate) fn items(&self, path: &str) -> Vec<Self> {
        self.entries(path).into_iter().map(|value| Self(value.as_object().cloned().unwrap_or_default())).collect()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, path: &str) -> Vec<String> {
        self.entries(path).into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    fn entries(&self, path: &str) -> Vec<&Value> {
        let Some(Value::Object(list)) = self.at(path) else { return Vec::new() };
        let mut entries: Vec<_> =
            list.iter().filter_map(|(key, value)| Some((key.parse::<usize>().ok()?, value))).collect();
        entries.sort_by_key(|(index, _)| *index);
        entries.into_iter().map(|(_, value)| value).collect()
    }

    /// A form inside this one.
    pub(crate) fn inner(&self, path: &str) -> Self {
        Self(self.at(path).and_then(Value::as_object).cloned().unwrap_or_default())
    }

    /// A map of texts, such as `metadata`.
    pub(crate) fn map(&self, path: &str) -> Value {
        Value::Object(self.inner(path).0)
    }
}

fn insert(tree: &mut Map<String, Value>, path: &[String], value: &str) {
    let Some((name, rest)) = path.split_first() else { return };
    let name = if name.is_empty() { tree.len().to_string() } else { name.clone() };
    if rest.is_empty() {
        tree.insert(name, Value::from(value));
        return;
    }
    let inner = tree.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        insert(inner, rest, value);
    }
}

/// `a[b][]` as `a`, `b` and nothing.
fn segments(key: &str) -> Vec<String> {
    let Some((first, rest)) = key.split_once('[') else { return vec![key.to_owned()] };
    let rest = rest.strip_suffix(']').unwrap_or(rest);
    std::iter::once(first).chain(rest.split("][")).map(str::to_owned).collect()
}

fn leaves(tree: &Map<String, Value>, above: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (name, value) in tree {
        let path: Vec<String> = above.iter().chain([name]).cloned().collect();
        match value {
            Value::Object(inner) => found.extend(leaves(inner, &path)),
            _ => found.push(path),
        }
    }
    found
}

/// An empty text in place of an object or a list unsets it, so a pattern also allows what is above it.
fn matches(pattern: &str, path: &[String]) -> bool {
    let pattern: Vec<_> = pattern.split('.').collect();
    path.len() <= pattern.len()
        && pattern.iter().zip(path).all(|(pattern, name)| match *pattern {
            "*" => true,
            "#" => name.parse::<usize>().is_ok(),
            word => word == name,
        })
}

fn bracketed(path: &[String]) -> String {
    let mut names = path.iter();
    let first = names.next().cloned().unwrap_or_default();
    names.fold(first, |text, name| format!("{text}[{name}]"))
}

fn dotted(path: &str) -> String {
    bracketed(&path.split('.').map(str::to_owned).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_keys_become_a_tree() {
        let form = Form::parse("a=1&b[c]=2&d[0][e]=3&d[1][e]=4&f[]=5&f[]=6&g=%26");
        assert_eq!(
            form.tree(),
            json!({"a": "1", "b": {"c": "2"}, "d": {"0": {"e": "3"}, "1": {"e": "4"}}, "f": {"0": "5", "1": "6"}, "g": "&"})
        );
        assert_eq!(form.texts("f"), ["5", "6"]);
        assert_eq!(form.items("d")[1].text("e"), Some("4"));
    }

    #[test]
    fn a_list_keeps_its_order_beyond_ten_entries() {
        let raw: Vec<String> = (0..12).map(|index| format!("a[{index}]={index}")).collect();
        let wanted: Vec<String> = (0..12).map(|index| index.to_string()).collect();
        assert_eq!(Form::parse(&raw.join("&")).texts("a"), wanted);
    }

    #[test]
    fn only_what_is_named_is_allowed() {
        let form = Form::parse("a=1&b[c]=2&d[0][e]=3&metadata[any]=4&expand[]=x");
        assert_eq!(form.only(&["a", "b.c", "d.#.e", "metadata.*"]), Ok(()));
        assert_eq!(form.only(&["a", "b.c", "d.#.f", "metadata.*"]), Err(Refusal::unknown("d[0][e]")));
    }
}
