//! What can stand in a query: texts, lists and records. Numbers and truth values are texts on the wire.

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// Anything that is neither list nor record.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values under names, in order.
    Record(Vec<(String, Value)>),
}

/// A list of anything that is a value.
pub(crate) fn list<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Value {
    Value::List(values.into_iter().map(Into::into).collect())
}

/// A record with these fields.
pub(crate) fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The name that LinkedIn gives a thing of this kind: `urn:li:sponsoredCampaign:1`.
pub(crate) fn urn(kind: &str, id: impl std::fmt::Display) -> String {
    format!("urn:li:{kind}:{id}")
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Text(number.to_string())
    }
}
