//! The tree as text: the only text that is sent.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Condition, Literal, Query, Test};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        joined(f, ", ", &self.select, |f, name| f.write_str(name.as_str()))?;
        if let Some(resource) = &self.from {
            write!(f, " FROM {}", resource.as_str())?;
        }
        if !self.filters.is_empty() {
            f.write_str(" WHERE ")?;
            joined(f, " AND ", &self.filters, |f, condition| condition.fmt(f))?;
        }
        if !self.order_by.is_empty() {
            f.write_str(" ORDER BY ")?;
            joined(f, ", ", &self.order_by, |f, (name, direction)| {
                write!(f, "{} {}", name.as_str(), direction.as_str())
            })?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, " LIMIT {limit}"))
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.field.as_str())?;
        match &self.test {
            Test::Compare(operator, value) => write!(f, "{} {value}", operator.as_str()),
            Test::Member(operator, values) => {
                write!(f, "{} (", operator.as_str())?;
                joined(f, ", ", values, |f, value| value.fmt(f))?;
                f.write_char(')')
            }
            Test::Between(low, high) => write!(f, "BETWEEN {low} AND {high}"),
            Test::During(days) => write!(f, "DURING {}", days.as_str()),
            Test::Presence(operator) => f.write_str(operator.as_str()),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Number(plain) | Self::Word(plain) => return f.write_str(plain),
            Self::Text(text) => text,
        };
        f.write_char('\'')?;
        for c in text.chars() {
            if matches!(c, '\'' | '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('\'')
    }
}

fn joined<T>(
    f: &mut Formatter<'_>,
    between: &str,
    items: &[T],
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write(f, item)?;
    }
    Ok(())
}
