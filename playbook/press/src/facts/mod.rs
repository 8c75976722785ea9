//! What placeholders may ask for: the settings with their price book, the catalogue, and what the gateway speaks.

mod paths;
mod retention;
mod sums;
mod tables;

use std::path::PathBuf;

pub(crate) use tables::{end_of, hosts, table};
use toml::Table;
use turnpike_config::{ConfigError, Layers, Settings};
use turnpike_metering::PriceBook;
use turnpike_sdk::Integration;

use crate::placeholder::{Expression, Value};

/// What a page may be filled with.
pub struct Facts {
    /// All settings, by name.
    table: Table,
    book: PriceBook,
    integrations: Vec<Integration>,
}

impl Facts {
    /// Of the settings as they are shipped.
    pub fn shipped() -> Result<Self, ConfigError> {
        Self::of(None)
    }

    /// Of the shipped settings under those of a file.
    pub fn of(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let mut table = parse(Layers::defaults())?;
        if let Some(path) = &file {
            let text = std::fs::read_to_string(path)
                .map_err(|reason| ConfigError::Unreadable { path: path.clone(), reason })?;
            lay(&mut table, parse(&text)?);
        }
        let settings: Settings = Layers { file, ..Layers::default() }.load()?;
        let book = PriceBook::of_settings(settings.prices, settings.plans);
        Ok(Self { table, book, integrations: integrations() })
    }

    /// What stands in the place of a placeholder.
    pub(crate) fn answer(&self, expression: &Expression) -> Result<String, String> {
        match expression {
            Expression::Table(of) => self.list_rows(of),
            Expression::List(of) => self.list_items(of),
            Expression::Worked(arguments) => self.work_out(arguments),
            _ => self.value(expression).map(|value| value.print()),
        }
    }

    fn value(&self, expression: &Expression) -> Result<Value, String> {
        match expression {
            Expression::Path(path) => self.find(path),
            Expression::Number(number) => Ok(Value::Number(*number)),
            Expression::Sum(arguments) => self.sum(arguments),
            Expression::Units(tool) => self.units_of(tool).map(Value::Number),
            Expression::Total(all) => {
                let values = all.iter().map(|one| self.value(one)).collect::<Result<Vec<_>, _>>()?;
                let first = values.first().cloned().ok_or("of what?")?;
                values.iter().skip(1).try_fold(first, |sum, next| sums::combine(&sum, next, i64::checked_add))
            }
            Expression::Difference(from, less) => {
                sums::combine(&self.value(from)?, &self.value(less)?, i64::checked_sub)
            }
            Expression::Times(times, of) => sums::times(*times, &self.value(of)?),
            Expression::Table(_) | Expression::List(_) | Expression::Worked(_) => {
                Err("a table or list is no figure to reckon with".into())
            }
        }
    }

    fn find_integration(&self, name: &str) -> Result<&Integration, String> {
        let known = || self.integrations.iter().map(|one| one.manifest.name).collect::<Vec<_>>().join(", ");
        let found = self.integrations.iter().find(|integration| integration.manifest.name == name);
        found.ok_or_else(|| format!("there is no integration `{name}`; there are {}", known()))
    }
}

/// What agents see: with the tools of the kit.
pub(crate) fn integrations() -> Vec<Integration> {
    turnpike_catalog::integrations().into_iter().map(Integration::with_kit).collect()
}

fn parse(text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError::Malformed {
        path: "the settings".into(),
        reason: error.message().to_owned(),
    })
}

/// Lays one table over another. What it may not hold, [`Layers::load`] refuses.
fn lay(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(over)) => lay(below, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
