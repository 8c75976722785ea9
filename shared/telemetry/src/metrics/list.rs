//! Every instrument and every attribute of the product. What is recorded, the reference page, the alarms and the tests go by
//! this list.
//!
//! Names and boundaries are those of the OpenTelemetry conventions where these have some; what is ours begins with
//! `turnpike.`. An attribute has few values, all known to the program: never a tenant, an account, a path or what a stranger has
//! written. Questions about one tenant are the ledger's.

/// A dimension of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What its values are, for the reference page.
    pub says: &'static str,
}

/// What an instrument measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentKind {
    /// How often something has happened.
    Counter,
    /// How long something took.
    Histogram,
    /// How something stands; the greatest or the smallest counts where several processes say it.
    Gauge,
    /// How many there are; those of several processes are summed up.
    UpDownCounter,
}

impl InstrumentKind {
    /// Its name in the conventions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::Gauge => "gauge",
            Self::UpDownCounter => "up-down counter",
        }
    }
}

/// Something that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Instrument {
    /// Its name.
    pub name: &'static str,
    /// What it measures.
    pub kind: InstrumentKind,
    /// Its unit, as UCUM writes it.
    pub unit: &'static str,
    /// What it counts, for people.
    pub says: &'static str,
    /// Its dimensions; not each is on every measurement.
    pub attributes: &'static [Attribute],
    /// Where the buckets of a histogram end.
    pub boundaries: &'static [f64],
}

impl Instrument {
    /// Its name in Prometheus, as that translates it by default (`UnderscoreEscapingWithSuffixes`).
    pub fn in_prometheus(&self) -> String {
        let unit = if self.unit == "s" { "_seconds" } else { "" };
        let total = if self.kind == InstrumentKind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }
}

macro_rules! attributes {
    ($($constant:ident = $name:literal, $says:literal;)*) => {
        $(pub(super) const $constant: Attribute = Attribute { name: $name, says: $says };)*

        /// Every attribute.
        pub const ATTRIBUTES: &[Attribute] = &[$($constant),*];
    };
}

attributes! {
    MCP_METHOD = "mcp.method.name", "always `tools/call`";
    TOOL = "gen_ai.tool.name", "the tool; a name that no tool has is no call";
    INTEGRATION = "turnpike.integration", "the integration";
    OUTCOME = "turnpike.outcome", "how the call ended, in the words of the ledger";
    ERROR = "error.type", "the class of the failure, as on the page *Errors and outcomes*";
    HTTP_METHOD = "http.request.method", "the method; `_OTHER` for one that HTTP does not know";
    HTTP_ROUTE = "http.route", "the pattern of the path, as on the page *Routes*; not there for a path that is none of ours";
    HTTP_STATUS = "http.response.status_code", "the status; not there when no answer came";
    SERVER = "server.address", "the vendor's host; not there for a file behind a link";
    SCOPE = "turnpike.scope", "what is held: `app`, `account`, `connection` or `address`";
    RESULT = "turnpike.result", "how it ended";
    WORK = "turnpike.work", "the kind of work, as `turnpike work list` shows it";
    POOL = "db.client.connection.pool.name", "the pool: `postgres`, or `sqlite.read` and `sqlite.write`";
    POOL_STATE = "db.client.connection.state", "`idle` or `used`";
}

macro_rules! instruments {
    ($($constant:ident = $name:literal, $kind:ident, $unit:literal, [$($attribute:ident),*], $boundaries:expr, $says:literal;)*) => {
        $(pub(super) const $constant: Instrument = Instrument {
            name: $name,
            kind: InstrumentKind::$kind,
            unit: $unit,
            says: $says,
            attributes: &[$($attribute),*],
            boundaries: $boundaries,
        };)*

        /// Every instrument.
        pub const INSTRUMENTS: &[Instrument] = &[$($constant),*];
    };
}

/// Of durations of MCP operations, by the conventions.
const OF_MCP: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];
/// Of durations of HTTP requests, by the conventions.
const OF_HTTP: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

instruments! {
    CALL_DURATION = "mcp.server.operation.duration", Histogram, "s", [MCP_METHOD, TOOL, INTEGRATION, OUTCOME, ERROR], OF_MCP,
        "Calls, how they ended and how long they took; the same calls as in the ledger";
    SERVED_DURATION = "http.server.request.duration", Histogram, "s", [HTTP_METHOD, HTTP_ROUTE, HTTP_STATUS], OF_HTTP,
        "Requests to this server, also those that are refused at the door and are in no ledger";
    SENT_DURATION = "http.client.request.duration", Histogram, "s", [INTEGRATION, HTTP_METHOD, SERVER, HTTP_STATUS, ERROR], OF_HTTP,
        "Requests to vendors";
    HOLDS = "turnpike.upstream.holds", Counter, "{hold}", [INTEGRATION, SCOPE, ERROR], &[],
        "How often a vendor has made us wait, or would have refused the next request as well";
    VERSION_TIME_LEFT = "turnpike.upstream.version.time_left", Gauge, "s", [INTEGRATION], &[],
        "Until the vendor ends the version of its API that we use; below nought it has ended";
    OPENINGS = "turnpike.credential.openings", Counter, "{opening}", [INTEGRATION], &[],
        "How often a client's credential was opened";
    REFRESHES = "turnpike.credential.refreshes", Counter, "{refresh}", [INTEGRATION, RESULT], &[],
        "How often an authorization server was asked for another token: `renewed`, `refused` for good, or `failed`";
    BREAKS = "turnpike.connection.breaks", Counter, "{connection}", [INTEGRATION], &[],
        "Connections whose grant has ended, so that a person must connect again";
    CONNECTION_TIME_LEFT = "turnpike.connection.time_left", Gauge, "s", [INTEGRATION], &[],
        "Until the first of the connections ends that do so within 30 days";
    WORK_RUNS = "turnpike.work.runs", Counter, "{run}", [WORK, RESULT], &[],
        "Background work that ended: `well`, `failed`, `lost` to another process, or `cut_off` with its own";
    WORK_OVERDUE = "turnpike.work.overdue", Gauge, "s", [WORK], &[],
        "How long background work has been due that nobody does";
    USAGE_UNDELIVERED = "turnpike.usage.undelivered", Gauge, "s", [], &[],
        "How long ago the oldest batch of usage was sealed of which the payment provider is not known to have it; nought when it has all, or there is none";
    REDIS_GONE = "turnpike.redis.gone", Gauge, "{process}", [], &[],
        "1 in a process that cannot use Redis, else 0";
    POOL_COUNT = "db.client.connection.count", UpDownCounter, "{connection}", [POOL, POOL_STATE], &[],
        "Connections to the database";
    POOL_MAX = "db.client.connection.max", UpDownCounter, "{connection}", [POOL], &[],
        "How many connections to the database there may be";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_units_are_as_the_conventions_want_them() {
        for instrument in INSTRUMENTS {
            let Instrument { name, kind, unit, says, boundaries, .. } = instrument;
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)), "{name}");
            assert_eq!(*kind == InstrumentKind::Histogram, !boundaries.is_empty(), "{name}: boundaries");
            assert!(*unit == "s" || unit.starts_with('{') && unit.ends_with('}'), "{name}: {unit}");
            assert!(!name.ends_with("total") && !name.contains("seconds"), "{name}: Prometheus adds that by itself");
            assert!(!says.is_empty() && !says.ends_with('.'), "{name}: {says}");
        }
        let mut names: Vec<_> = INSTRUMENTS.iter().map(|instrument| instrument.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), INSTRUMENTS.len(), "two have one name");
    }

    #[test]
    fn an_attribute_never_says_whose_it_is() {
        for Attribute { name, says } in ATTRIBUTES {
            for word in ["tenant", "account", "principal", "key", "user", "call_id", "url", "path"] {
                assert!(!name.contains(word), "{name}");
            }
            assert!(!says.is_empty() && !says.ends_with('.'), "{name}: {says}");
        }
    }
}
