//! The rows of an answer: columns found by their place, texts read as what they are.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use turnpike_core::{Class, Fault};
use turnpike_sdk::ToolError;

use crate::api::{Column, QueryResponse};

/// A row, keyed as the tool names its columns.
pub(crate) type Row = Map<String, Value>;

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    /// Rows of the whole result.
    pub(crate) total: u64,
    pub(crate) sampled: bool,
    /// When the data was fetched from its source, if it was not fetched now.
    pub(crate) cached_at: Option<String>,
}

impl Table {
    /// Reads an answer whose fields were asked for in the order of `keys`.
    pub(crate) fn read(answer: &QueryResponse, keys: &[String]) -> Result<Self, ToolError> {
        let columns = answer.meta.query.as_ref().map(|query| query.fields.as_slice()).unwrap_or_default();
        if columns.len() < keys.len() && answer.data.as_ref().is_some_and(|rows| !rows.is_empty()) {
            return Err(Fault::new(Class::Upstream, "Supermetrics' answer does not say what its columns are").into());
        }
        let places: BTreeMap<usize, (&str, &Column)> = columns
            .iter()
            .enumerate()
            .zip(keys)
            .map(|((n, column), key)| (column.data_column.unwrap_or(n), (key.as_str(), column)))
            .collect();
        let data = answer.data.as_deref().unwrap_or_default();
        let data = match data.split_first() {
            Some((first, rest)) if is_header(first, &places) => rest,
            _ => data,
        };
        let rows: Vec<Row> = data.iter().map(|cells| row(cells, &places)).collect();
        let result = answer.meta.result.as_ref();
        let told = result.and_then(|result| result.total_rows);
        Ok(Self {
            total: told.unwrap_or(rows.len() as u64),
            rows,
            sampled: result.and_then(|result| result.data_sampled).unwrap_or(false),
            cached_at: result.filter(|result| result.cache_used == Some(true)).and_then(|r| r.cache_time.clone()),
        })
    }

    /// Whether the rows from `offset` on are here, up to `most` of them or to the end of the whole.
    pub(crate) fn holds(&self, offset: usize, most: usize) -> bool {
        let wanted = (offset as u64).saturating_add(most as u64).min(self.total);
        self.rows.len() as u64 >= wanted
    }

    /// At most `most` rows from `offset` on.
    pub(crate) fn cut(mut self, offset: usize, most: usize) -> Self {
        self.rows = self.rows.into_iter().skip(offset).take(most).collect();
        self
    }
}

/// Each page may begin with the columns' names, whatever was asked for.
fn is_header(cells: &[Value], places: &BTreeMap<usize, (&str, &Column)>) -> bool {
    let named = |n: usize, (_, column): &(&str, &Column)| {
        let cell = cells.get(n).and_then(Value::as_str);
        cell.is_some_and(|cell| [&column.id, &column.field_id, &column.field_name].into_iter().any(|name| name == cell))
    };
    !places.is_empty() && places.iter().all(|(n, place)| named(*n, place))
}

fn row(cells: &[Value], places: &BTreeMap<usize, (&str, &Column)>) -> Row {
    let cell = |n: usize, column: &Column| match cells.get(n) {
        Some(Value::String(text)) if column.field_type == "met" => number(text),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    places.iter().map(|(n, (key, column))| ((*key).to_owned(), cell(*n, column))).collect()
}

/// A metric comes as text. One that is no number stays as it is, an empty one is unknown.
fn number(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let real = text.parse::<f64>().ok().and_then(Number::from_f64);
    real.map_or_else(|| text.into(), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn answer(data: Value) -> QueryResponse {
        from_value(json!({ "meta": { "status_code": "SUCCESS", "query": { "fields": [
            { "id": "Cost", "field_id": "Cost", "field_name": "Cost", "field_type": "met", "data_column": 1 },
            { "id": "Date", "field_id": "Date", "field_name": "Date", "field_type": "dim", "data_column": 0 },
        ] }, "result": { "total_rows": 7 } }, "data": data }))
        .unwrap()
    }

    fn keys() -> Vec<String> {
        vec!["cost".into(), "date".into()]
    }

    #[test]
    fn columns_are_found_by_their_place_and_a_header_is_left_out() {
        for data in [json!([["2026-11-01", "10.50"]]), json!([["Date", "Cost"], ["2026-11-01", "10.50"]])] {
            let table = Table::read(&answer(data), &keys()).unwrap();
            assert_eq!(Value::from(table.rows.clone()), json!([{ "cost": 10.5, "date": "2026-11-01" }]));
            assert_eq!((table.total, table.holds(0, 1), table.holds(0, 2)), (7, true, false));
        }
    }

    #[test]
    fn what_is_no_number_stays_text_and_what_is_missing_is_null() {
        let table =
            Table::read(&answer(json!([["2026", "--"], ["2026", ""], ["2026"], ["2026", "12"]])), &keys()).unwrap();
        let costs: Vec<_> = table.rows.into_iter().map(|row| row["cost"].clone()).collect();
        assert_eq!(costs, [json!("--"), Value::Null, Value::Null, json!(12)]);
    }

    #[test]
    fn rows_without_columns_are_refused() {
        let mut bare = answer(json!([["x", "y"]]));
        bare.meta.query = None;
        assert!(Table::read(&bare, &keys()).is_err());
        bare.data = Some(vec![]);
        assert_eq!(Table::read(&bare, &keys()).unwrap().rows.len(), 0);
    }
}
