//! What an accountant books, as a file.

use std::time::Duration;

use axum::extract::{Query, State};
use serde::Deserialize;
use turnpike_billing::invoices::StatementLine;
use turnpike_core::Timestamp;

use crate::{
    Member, Portal,
    http::{Answer, Failure},
    pages::{
        calendar::{DAY, day_of, read_day},
        csv::{decimal, download, line},
        day,
    },
};

/// How far back it goes where no day is given.
const LATELY: Duration = Duration::from_secs(366 * 24 * 3600);

/// The columns.
pub(crate) const HEADER: [&str; 9] =
    ["date_utc", "kind", "number", "description", "net", "tax", "gross", "currency", "state"];

/// The first and the last day, as they were typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    from: String,
    to: String,
}

impl Asked {
    /// From when until when. Without days it is the last year until now.
    pub(crate) fn read(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Failure> {
        let read = |text: &str, other: Timestamp| match text.trim() {
            "" => Ok(other),
            text => read_day(text).ok_or_else(|| Failure::Refused("write days as 2026-11-21".into())),
        };
        let today = day_of(now);
        let (first, last) = (read(&self.from, today.minus(LATELY))?, read(&self.to, today)?);
        if first > last {
            return Err(Failure::Refused("the last day is before the first".into()));
        }
        Ok((first, last.plus(DAY)))
    }
}

pub(crate) async fn export(State(portal): State<Portal>, member: Member, Query(asked): Query<Asked>) -> Answer {
    let (since, until) = asked.read(portal.ambient.now())?;
    let lines = portal.billing.statement(Some(member.tenant.id), since, until).await?;
    let text: String = lines.iter().map(|own| line(cells(own))).collect();
    Ok(download("statement.csv", line(HEADER) + &text))
}

/// A line's cells.
pub(crate) fn cells(own: &StatementLine) -> [String; 9] {
    [
        day(own.at),
        own.kind.to_owned(),
        own.number.clone().unwrap_or_default(),
        own.description.clone(),
        decimal(own.net),
        decimal(own.tax),
        decimal(own.gross),
        own.currency.to_string(),
        own.state.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_its_last_day_whole() {
        let now = read_day("2026-11-21").unwrap().plus(DAY / 2);
        let read = |from: &str, to: &str| Asked { from: from.into(), to: to.into() }.read(now);
        let day = |text| read_day(text).unwrap();
        assert_eq!(read("2026-10-01", "2026-10-31").unwrap(), (day("2026-10-01"), day("2026-11-01")));
        assert_eq!(read("", "").unwrap(), (day("2025-11-20"), day("2026-11-22")));
        assert!(read("2026-10-02", "2026-10-01").is_err() && read("soon", "").is_err());
    }
}
