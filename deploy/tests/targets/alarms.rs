//! The alarms and the dashboard of `deploy/observability`, as Prometheus understands them, and against the list of metrics.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use turnpike_telemetry::metrics::{ATTRIBUTES, INSTRUMENTS, InstrumentKind};

use crate::{
    programs::{bad, fails, here, passes, program},
    rendered::write,
};

/// What Grafana and its readers fill in.
const VARIABLES: [(&str, &str); 2] = [("$__rate_interval", "5m"), ("$integration", ".*")];

fn folder() -> PathBuf {
    here().join("observability")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

fn promtool(words: &[&str], file: &Path) -> Command {
    let mut promtool = program("promtool");
    promtool.args(words).arg(file);
    promtool
}

fn rules() -> Vec<Value> {
    let file: Value = serde_saphyr::from_str(&text("alerts.yaml")).unwrap();
    file["groups"][0]["rules"].as_array().unwrap().clone()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The questions that the dashboard asks.
fn questions() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text("dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| VARIABLES.iter().fold(word(&target["expr"]), |text, (name, value)| text.replace(name, value)))
        .collect()
}

/// The names in an expression that look like one of ours.
fn names(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
    words
        .filter(|word| {
            ["mcp_", "gen_ai_", "http_", "db_", "turnpike_", "error_", "server_"]
                .iter()
                .any(|own| word.starts_with(own))
        })
        .collect()
}

/// Every name that Prometheus makes of the list.
fn known() -> BTreeSet<String> {
    let series = INSTRUMENTS.iter().flat_map(|instrument| {
        let name = instrument.in_prometheus();
        match instrument.kind {
            InstrumentKind::Histogram => ["_bucket", "_count", "_sum"].map(|end| format!("{name}{end}")).to_vec(),
            InstrumentKind::Counter | InstrumentKind::Gauge | InstrumentKind::UpDownCounter => vec![name],
        }
    });
    series.chain(ATTRIBUTES.iter().map(|attribute| attribute.name.replace('.', "_"))).collect()
}

#[test]
fn prometheus_understands_the_alarms_and_refuses_what_is_none() {
    passes(&mut promtool(&["check", "rules"], &folder().join("alerts.yaml")));
    fails(&mut promtool(&["check", "rules"], &bad("misspelt.alerts.yaml")), "summ");
}

#[test]
fn each_alarm_is_raised_by_what_it_is_about_and_a_silent_one_is_found_out() {
    passes(&mut promtool(&["test", "rules"], &folder().join("alerts.test.yaml")));
    let (alarms, copy) = (text("alerts.yaml"), tempfile::tempdir().unwrap());
    write(copy.path(), "alerts.test.yaml", &text("alerts.test.yaml"));
    for rule in rules() {
        let name = word(&rule["alert"]);
        let (before, after) = alarms.split_once(&format!("- alert: {name}\n        expr:")).unwrap();
        let after = after.split_once("labels:").unwrap().1;
        let silent = format!("{before}- alert: {name}\n        expr: vector(0) > 1\n        labels:{after}");
        write(copy.path(), "alerts.yaml", &silent);
        // It fails, or the alarm is in no test.
        fails(&mut promtool(&["test", "rules"], &copy.path().join("alerts.test.yaml")), &name);
    }
}

#[test]
fn alarms_and_dashboard_ask_for_what_is_measured_and_for_nothing_else() {
    let known = known();
    let alarms: Vec<_> = rules().iter().map(|rule| word(&rule["expr"])).collect();
    for expression in alarms.iter().chain(&questions()) {
        let asked = names(expression);
        assert!(!asked.is_empty(), "{expression}");
        for name in asked {
            assert!(known.contains(name), "nothing is measured as `{name}`: {expression}");
        }
    }
}

#[test]
fn prometheus_understands_the_questions_of_the_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = questions().iter().map(|question| json!({ "record": "one", "expr": question })).collect();
    assert!(records.len() > 10, "{records:?}");
    // JSON is YAML.
    let records = json!({ "groups": [{ "name": "dashboard", "rules": records }] });
    write(folder.path(), "dashboard.yaml", &records.to_string());
    passes(&mut promtool(&["check", "rules"], &folder.path().join("dashboard.yaml")));
}

#[test]
fn each_alarm_leads_to_a_page_that_is_there() {
    for rule in rules() {
        let page = here().join("..").join(word(&rule["annotations"]["runbook"]));
        assert!(page.is_file(), "{} is not there", page.display());
        let severity = word(&rule["labels"]["severity"]);
        assert!(["page", "ticket"].contains(&severity.as_str()), "{severity}");
    }
}
