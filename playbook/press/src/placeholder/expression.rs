//! What stands between the braces, taken apart.

use std::collections::BTreeMap;

/// `key=value` pairs.
pub(crate) type Arguments = BTreeMap<String, String>;

/// What a placeholder asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// `plans.growth.monthly`
    Path(Vec<String>),
    /// `500`
    Number(i64),
    /// `sum plan=growth units=60000`
    Sum(Arguments),
    /// `worked plan=growth units=60000`: a sum with its lines.
    Worked(Arguments),
    /// `units tool=google-ads/get_performance`
    Units(String),
    /// `table tools google-ads`
    Table(Vec<String>),
    /// `list plans`
    List(String),
    /// `total A | B`
    Total(Vec<Expression>),
    /// `difference A | B`
    Difference(Box<Expression>, Box<Expression>),
    /// `times 12 A`
    Times(i64, Box<Expression>),
}

/// What `sum` takes.
const SUM: &[&str] = &["plan", "integrations", "units", "light", "standard", "heavy", "period", "part"];
/// What `worked` takes.
const WORKED: &[&str] = &["plan", "integrations", "units", "light", "standard", "heavy", "period"];

impl Expression {
    /// Reads what stands between the braces; the error says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        match word {
            "" => Err("nothing stands between the braces".into()),
            "sum" => Ok(Self::Sum(arguments("sum", rest, SUM)?)),
            "worked" => Ok(Self::Worked(arguments("worked", rest, WORKED)?)),
            "units" => {
                let tool = arguments("units", rest, &["tool"])?.remove("tool");
                tool.map(Self::Units).ok_or_else(|| "say `units tool=INTEGRATION/TOOL`".into())
            }
            "table" if !rest.is_empty() => Ok(Self::Table(rest.split_whitespace().map(str::to_owned).collect())),
            "list" if !rest.is_empty() => Ok(Self::List(rest.to_owned())),
            "table" | "list" => Err(format!("say what the {word} is of")),
            "total" => rest.split('|').map(Self::parse).collect::<Result<_, _>>().map(Self::Total),
            "difference" => match rest.split_once('|') {
                Some((from, less)) => Ok(Self::Difference(Box::new(Self::parse(from)?), Box::new(Self::parse(less)?))),
                None => Err("say `difference A | B`".into()),
            },
            "times" => {
                let (times, of) = rest.split_once(char::is_whitespace).ok_or("say `times NUMBER A`")?;
                Ok(Self::Times(number(times)?, Box::new(Self::parse(of)?)))
            }
            _ if !rest.is_empty() => Err(format!(
                "there is no `{word}` that takes more; there are sum, worked, units, table, list, total, difference, times"
            )),
            _ if text.starts_with(|first: char| first.is_ascii_digit()) => number(text).map(Self::Number),
            _ => Ok(Self::Path(text.split('.').map(str::to_owned).collect())),
        }
    }
}

/// A whole number, also one with commas.
pub(crate) fn number(text: &str) -> Result<i64, String> {
    text.replace(',', "").parse().map_err(|_| format!("`{text}` is no whole number"))
}

fn arguments(word: &str, text: &str, known: &[&str]) -> Result<Arguments, String> {
    let mut arguments = Arguments::new();
    for pair in text.split_whitespace() {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not KEY=VALUE"))?;
        if !known.contains(&key) {
            return Err(format!("`{word}` has no `{key}`; it takes {}", known.join(", ")));
        }
        if arguments.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("`{key}` is given twice"));
        }
    }
    Ok(arguments)
}
