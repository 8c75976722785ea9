//! Which calls to show: read from the address, so that a filter can be kept as a bookmark and survives paging.

use serde::Deserialize;
use turnpike_core::{CallId, Outcome, Timestamp};
use turnpike_store::CallFilter;
use url::form_urlencoded::Serializer;

use super::super::{
    calendar::{DAY, read_day},
    shown,
};
use crate::http::FieldErrors;

/// What the form holds, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(super) integration: String,
    pub(super) tool: String,
    pub(super) outcome: String,
    pub(super) principal: String,
    /// A call's id, or a trace's.
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    /// `yes`: only those that used up units.
    pub(super) charged: String,
    /// Of an invoice's line: its time to the microsecond, which no form asks for.
    pub(super) since: String,
    pub(super) until: String,
    /// The last call of the page before.
    before: String,
}

/// What that means.
#[derive(Debug)]
pub(super) enum Wanted {
    /// One call, whatever else is asked.
    One(CallId),
    /// Those that fit.
    Fitting(CallFilter),
}

impl Asked {
    /// What is asked for, of these integrations; or what is wrong, by field.
    pub(super) fn read(&self, integrations: &[&str]) -> Result<Wanted, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut filter = CallFilter { tool: given(&self.tool), ..CallFilter::default() };

        filter.integration = given(&self.integration);
        let served = integrations.contains(&self.integration.trim());
        errors.check(filter.integration.is_some() && !served, "integration", "There is no such integration here.");
        let word = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
        let odd = !self.tool.trim().bytes().all(word);
        errors.check(odd, "tool", "A tool's name has small letters, digits and underscores only.");
        if let Some(outcome) = given(&self.outcome) {
            match outcome.parse::<Outcome>() {
                Ok(outcome) => filter.outcome = Some(outcome),
                Err(_) => errors.add("outcome", "No call ends like that. Choose one of these."),
            }
        }
        filter.principal = given(&self.principal);
        let known = filter.principal.as_deref().is_none_or(is_principal);
        errors.check(!known, "principal", "This names neither an agent nor a person. Choose one of these.");

        let mut day = |text: &str, field| {
            let day = given(text).map(|text| read_day(&text));
            errors.check(day == Some(None), field, "Write the day as 2026-11-21.");
            day.flatten()
        };
        filter.since = day(&self.from, "from");
        let last = day(&self.to, "to");
        filter.until = last.map(|day| day.plus(DAY));
        errors.check(last.is_some_and(|last| filter.since > Some(last)), "to", "The last day is before the first.");

        filter.charged = self.charged == "yes";
        // Nobody types these; those of an invoice hold beside the days.
        let instant = |text: &str| text.parse().ok().map(Timestamp::from_micros);
        let (since, until) = (instant(&self.since), instant(&self.until));
        filter.since = filter.since.max(since);
        filter.until = [filter.until, until].into_iter().flatten().min();

        let mut one = None;
        match (given(&self.id), given(&self.id).and_then(|id| id.parse().ok())) {
            (None, _) => {}
            (Some(id), _) if is_trace_id(&id) => filter.trace_id = Some(id.to_ascii_lowercase()),
            (Some(_), Some(id)) => one = Some(id),
            (Some(_), None) => errors.add("id", "This is neither the id of a call nor that of a trace: copy it whole."),
        }
        // Nobody types this; whoever bends it begins with the newest.
        filter.before = self.before.parse().ok();

        match one {
            _ if !errors.is_empty() => Err(errors),
            Some(id) => Ok(Wanted::One(id)),
            None => Ok(Wanted::Fitting(filter)),
        }
    }

    /// The query of the same filter, and of the page after a call.
    pub(super) fn query(&self, before: Option<CallId>) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in [
            ("integration", &self.integration),
            ("tool", &self.tool),
            ("outcome", &self.outcome),
            ("principal", &self.principal),
            ("id", &self.id),
            ("from", &self.from),
            ("to", &self.to),
            ("charged", &self.charged),
            ("since", &self.since),
            ("until", &self.until),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }

    /// The time that it is narrowed to besides the days, in words.
    pub(super) fn exact_time(&self) -> Option<(String, String)> {
        let told = |text: &str| text.parse().ok().map(Timestamp::from_micros).map(shown);
        told(&self.since).zip(told(&self.until))
    }

    /// Whether it asks for anything in particular.
    pub(super) fn narrows(&self) -> bool {
        !self.query(None).is_empty()
    }
}

/// A field that is filled in.
fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn is_principal(text: &str) -> bool {
    match text.split_once(':') {
        Some(("key" | "person" | "service", id)) => id.parse::<CallId>().is_ok(),
        _ => text == "desk",
    }
}

fn is_trace_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01a1fe9f-0000-7000-8000-000000000001";

    fn read(change: impl FnOnce(&mut Asked)) -> Result<Wanted, FieldErrors> {
        let mut asked = Asked::default();
        change(&mut asked);
        asked.read(&["google-ads"])
    }

    fn fitting(change: impl FnOnce(&mut Asked)) -> CallFilter {
        match read(change) {
            Ok(Wanted::Fitting(filter)) => filter,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_filter_says_what_was_typed() {
        let filter = fitting(|asked| {
            asked.integration = "google-ads".into();
            asked.tool = " list_accounts ".into();
            asked.outcome = "our_fault".into();
            asked.principal = format!("key:{ID}");
            (asked.from, asked.to) = ("2026-11-20".into(), "2026-11-20".into());
        });
        assert_eq!(filter.tool.as_deref(), Some("list_accounts"));
        assert_eq!(filter.outcome, Some(Outcome::OurFault));
        let day = 1_795_132_800_000_000;
        assert_eq!(filter.since, Some(Timestamp::from_micros(day)));
        assert_eq!(filter.until, Some(Timestamp::from_micros(day + 86_400_000_000)), "the last day counts whole");
        assert!(fitting(|_| {}).principal.is_none());
    }

    #[test]
    fn the_time_of_an_invoice_holds_beside_the_days() {
        let day = 1_795_132_800_000_000;
        let filter = fitting(|asked| {
            (asked.from, asked.to) = ("2026-11-20".into(), "2026-11-20".into());
            (asked.since, asked.until) = ((day + 5).to_string(), (day + 7_000_000_000_000).to_string());
            asked.charged = "yes".into();
        });
        assert_eq!(filter.since, Some(Timestamp::from_micros(day + 5)));
        assert_eq!(filter.until, Some(Timestamp::from_micros(day + 86_400_000_000)));
        assert!(filter.charged && !fitting(|_| {}).charged);
        assert_eq!(fitting(|asked| asked.since = "x".into()).since, None);
    }

    #[test]
    fn one_box_takes_a_call_and_a_trace() {
        assert!(matches!(read(|asked| asked.id = ID.into()), Ok(Wanted::One(id)) if id.to_string() == ID));
        let trace = "0AF7651916CD43DD8448EB211C80319C";
        assert_eq!(fitting(|asked| asked.id = trace.into()).trace_id, Some(trace.to_lowercase()));
    }

    #[test]
    fn what_cannot_be_asked_is_told_beside_its_field() {
        type Change = fn(&mut Asked);
        let wrong: [(&str, Change); 8] = [
            ("integration", |asked| asked.integration = "nowhere".into()),
            ("tool", |asked| asked.tool = "<script>".into()),
            ("outcome", |asked| asked.outcome = "fine".into()),
            ("principal", |asked| asked.principal = "key:me".into()),
            ("id", |asked| asked.id = "0af7".into()),
            ("from", |asked| asked.from = "yesterday".into()),
            ("to", |asked| asked.to = "2026-02-30".into()),
            ("to", |asked| (asked.from, asked.to) = ("2026-11-02".into(), "2026-11-01".into())),
        ];
        for (field, change) in wrong {
            let errors = read(change).unwrap_err();
            assert!(!errors.of(field).is_empty(), "{field}: {errors:?}");
        }
    }

    #[test]
    fn a_filter_survives_in_the_address() {
        let asked = Asked { tool: "a&b=c".into(), outcome: "success".into(), ..Asked::default() };
        assert_eq!(asked.query(ID.parse().ok()), format!("tool=a%26b%3Dc&outcome=success&before={ID}"));
        assert!(asked.narrows() && !Asked::default().narrows());
    }
}
