//! The filter language, as far as it is simulated: comparisons joined by AND.

use super::refusal::Refusal;

const OPERATORS: [&str; 8] = ["==", "!=", ">=", "<=", "=@", "!@", ">", "<"];

pub(super) struct Filter(Vec<Test>);

struct Test {
    field: String,
    operator: &'static str,
    value: String,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().count() > 5000 {
            return Err(Refusal::bad("The filter is longer than 5000 characters."));
        }
        let part = |part: &str| Test::parse(part).ok_or_else(|| Refusal::bad(format!("Invalid filter: {part}")));
        text.split(" AND ").map(part).collect::<Result<_, _>>().map(Self)
    }

    /// The fields named.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|test| test.field.as_str())
    }

    /// Whether a row passes; `cell` gives the text of a field.
    pub(super) fn passes(&self, cell: impl Fn(&str) -> String) -> bool {
        self.0.iter().all(|test| test.passes(&cell(&test.field)))
    }
}

impl Test {
    fn parse(text: &str) -> Option<Self> {
        let (field, rest) = text.trim().split_once(' ')?;
        let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator))?;
        let value = rest.strip_prefix(operator)?.trim();
        (!value.is_empty()).then(|| Self { field: field.to_owned(), operator, value: value.to_owned() })
    }

    fn passes(&self, cell: &str) -> bool {
        let order = match (cell.parse::<f64>(), self.value.parse::<f64>()) {
            (Ok(cell), Ok(value)) => cell.total_cmp(&value),
            _ => cell.cmp(self.value.as_str()),
        };
        let contains = cell.to_lowercase().contains(&self.value.to_lowercase());
        match self.operator {
            "==" => order.is_eq(),
            "!=" => order.is_ne(),
            ">=" => order.is_ge(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            "=@" => contains,
            _ => !contains,
        }
    }
}
