//! `/reporting/reports`: a report that takes its time. The same question gets the same report: 425 while it is being made,
//! and the finished one afterwards.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;
use serde_json::{Value, json};
use turnpike_core::{Canonical, Timestamp};

use super::{
    files,
    refusal::Refusal,
    rows,
    world::{Manner, World},
};

/// How long the reports of a slow profile take.
const SLOW: Duration = Duration::from_secs(90);
const LONGEST: i64 = 31;
const LOOK_BACK: i64 = 95;

/// What is asked for; the name is no part of what makes two questions the same.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Question {
    #[serde(default)]
    name: String,
    pub(super) start_date: NaiveDate,
    pub(super) end_date: NaiveDate,
    pub(super) configuration: Configuration,
}

#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Configuration {
    ad_product: String,
    group_by: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) report_type_id: String,
    pub(super) time_unit: String,
    format: String,
}

pub(super) struct Report {
    pub(super) id: String,
    pub(super) profile: u64,
    pub(super) question: Question,
    manner: Manner,
    asked_at: Timestamp,
    looks: u32,
    /// The signatures of its links, and when each lapses.
    pub(super) links: Vec<(String, Timestamp)>,
}

impl Report {
    fn status(&self, now: Timestamp) -> &'static str {
        let ready = match self.manner {
            Manner::Slow => now >= self.asked_at.plus(SLOW),
            // The answer to the question says that it is pending, and so does the first look.
            _ => self.looks >= 2,
        };
        match (ready, self.manner, self.looks) {
            (true, Manner::Failing, _) => "FAILED",
            (true, ..) => "COMPLETED",
            (false, _, 0) => "PENDING",
            (false, ..) => "PROCESSING",
        }
    }

    fn shown(&self, now: Timestamp, link: Option<String>) -> Value {
        let Question { name, start_date, end_date, configuration } = &self.question;
        let status = self.status(now);
        json!({
            "reportId": self.id, "status": status, "name": name, "startDate": start_date, "endDate": end_date,
            "createdAt": self.asked_at.to_string(), "updatedAt": now.to_string(),
            "configuration": { "adProduct": configuration.ad_product, "columns": configuration.columns,
                "filters": null, "format": configuration.format, "groupBy": configuration.group_by,
                "reportTypeId": configuration.report_type_id, "timeUnit": configuration.time_unit },
            "url": link, "urlExpiresAt": self.links.last().map(|(_, end)| end.to_string()), "fileSize": null,
            "failureReason": (status == "FAILED").then_some("Report generation failed; the sandbox means it"),
            "generatedAt": null,
        })
    }
}

/// `POST /reporting/reports`.
pub(super) fn create(world: &mut World, profile: (u64, Manner), body: &[u8], now: Timestamp) -> Result<Value, Refusal> {
    let invalid = |words: String| Refusal::reporting(StatusCode::BAD_REQUEST, words);
    let question: Question = serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
    check(&question, now).map_err(invalid)?;
    let (profile, manner) = profile;
    let same = |report: &&Report| report.profile == profile && report.is_for(&question);
    if let Some(report) = world.reports.iter().find(same) {
        return match report.status(now) {
            "COMPLETED" => Ok(report.shown(now, None)),
            _ => {
                let words = format!("The Request is a duplicate of : {}", report.id);
                Err(Refusal::reporting(StatusCode::TOO_EARLY, words))
            }
        };
    }
    let digest = Canonical::of("report").field(profile.to_string()).field(body).digest().to_string();
    let id = [&digest[..8], &digest[8..12], &digest[12..16], &digest[16..20], &digest[20..32]].join("-");
    let report = Report { id, profile, question, manner, asked_at: now, looks: 0, links: vec![] };
    let answer = report.shown(now, None);
    world.reports.push(report);
    Ok(answer)
}

/// `GET /reporting/reports/{id}`. Each look at a finished report gives a new link.
pub(super) fn look(
    world: &mut World,
    profile: u64,
    id: &str,
    host: &str,
    signature: String,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let found = world.reports.iter_mut().find(|report| report.id == id && report.profile == profile);
    let report = found.ok_or_else(|| Refusal::reporting(StatusCode::NOT_FOUND, "Report not found"))?;
    report.looks = report.looks.saturating_add(1);
    if report.status(now) != "COMPLETED" {
        return Ok(report.shown(now, None));
    }
    let link = files::link(host, id, &signature);
    report.links.push((signature, now.plus(files::LIFE)));
    Ok(report.shown(now, Some(link)))
}

impl Report {
    fn is_for(&self, question: &Question) -> bool {
        let Question { start_date, end_date, configuration, .. } = &self.question;
        (start_date, end_date, configuration) == (&question.start_date, &question.end_date, &question.configuration)
    }
}

fn check(question: &Question, now: Timestamp) -> Result<(), String> {
    let Question { start_date, end_date, configuration, .. } = question;
    let today = now.to_utc().date_naive();
    if end_date < start_date || (*end_date - *start_date).num_days() >= LONGEST {
        return Err(format!("configuration endDate: the range must be at most {LONGEST} days"));
    }
    if *start_date < today - TimeDelta::days(LOOK_BACK + 1) {
        return Err(format!("configuration startDate: must be within the last {LOOK_BACK} days"));
    }
    if configuration.ad_product != "SPONSORED_PRODUCTS" || configuration.format != "GZIP_JSON" {
        return Err("configuration adProduct or format is not served".into());
    }
    let Some((group, known)) = rows::columns(&configuration.report_type_id) else {
        return Err(format!("configuration reportTypeId {} is invalid", configuration.report_type_id));
    };
    if configuration.group_by != [group] {
        return Err(format!("configuration groupBy must be [{group}]"));
    }
    let dates: &[&str] = match configuration.time_unit.as_str() {
        "DAILY" => &["date"],
        "SUMMARY" => &["startDate", "endDate"],
        _ => return Err("configuration timeUnit is DAILY or SUMMARY".into()),
    };
    let unknown = |column: &&String| !known.contains(&column.as_str()) && !dates.contains(&column.as_str());
    match configuration.columns.iter().find(unknown) {
        Some(column) => Err(format!("configuration columns includes invalid values: ({column})")),
        None if configuration.columns.is_empty() => Err("configuration columns must not be empty".into()),
        None => Ok(()),
    }
}
