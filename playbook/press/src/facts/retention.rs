//! What is kept, and for how long.

use toml::Table;

use crate::placeholder::Value;

/// A row for each kind of data. The settings' values come from the settings; the rest is what the code does.
pub(super) fn rows(settings: &Table) -> Result<Vec<Vec<String>>, String> {
    let setting = |section: &str, key: &str| {
        let value = settings.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_integer);
        let value = value.ok_or_else(|| format!("the setting `{section}.{key}` is gone"))?;
        Ok::<_, String>(Value::Number(value).print())
    };
    let row = |what: &str, place: &str, how_long: String| vec![what.to_owned(), place.to_owned(), how_long];
    Ok(vec![
        row(
            "Credentials of connections",
            "Database, sealed with a data key of the client's own",
            "Until they are replaced, the connection is disconnected, or the client is deleted".into(),
        ),
        row(
            "Calls: time, tool, outcome, price, counts; no arguments and no answers",
            "Database (ledger)",
            "For good: rows are never changed or deleted, and hold ids only".into(),
        ),
        row(
            "Arguments of calls, with the shapes of secrets taken out",
            "Database",
            format!(
                "{} days (`limits.keep_arguments_days`), or until the client is deleted",
                setting("limits", "keep_arguments_days")?
            ),
        ),
        row("Results of long work", "Database", "5 hours, or until the client is deleted".into()),
        row("Answers kept for cached and stale replies", "Memory of the process", "24 hours at most".into()),
        row("Other answers", "Nowhere", "They are passed on and not kept".into()),
        row("Previews and changes: value before and after", "Database", "Until the client is deleted".into()),
        row("Audit log: who did what, by ids", "Database", "For good: events are never changed or deleted".into()),
        row("Invoices and what they count", "Database", "For good, as books must be kept".into()),
        row("Events that Stripe has sent", "Database", "90 days".into()),
        row("Attempts of agents to connect, with their errors", "Database", "30 days".into()),
        row(
            "Members: name, e-mail address, hash of the password",
            "Database",
            "Until they delete their account, or the client to which alone they belong is deleted".into(),
        ),
        row(
            "Sessions of browsers",
            "Database",
            format!(
                "{} minutes without use (`portal.idle_minutes`), {} hours at most (`portal.session_hours`)",
                setting("portal", "idle_minutes")?,
                setting("portal", "session_hours")?
            ),
        ),
        row(
            "Agents' grants",
            "Database; tokens are not kept",
            format!(
                "{} days without use (`oauth.refresh_days`), or until somebody takes them back",
                setting("oauth", "refresh_days")?
            ),
        ),
        row(
            "API keys",
            "Database, as an HMAC",
            "Until the client is deleted; a revoked key stays as a row that opens nothing".into(),
        ),
    ])
}
