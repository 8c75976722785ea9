//! What a recording holds, as it stands in its file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use turnpike_core::{Class, Timestamp};
use turnpike_sdk::{Account, Link, Request};

/// The present form of the file.
pub const FORMAT: &str = "turnpike-recording/1";

/// One call of a tool: what went in, what the vendor was asked and answered, and what came out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Recording {
    /// [`FORMAT`].
    pub format: String,
    /// The integration, such as `google-ads`.
    pub integration: String,
    /// The vendor's API version that answered.
    pub version: String,
    /// The integration's own version.
    pub server_version: String,
    /// The tool.
    pub tool: String,
    /// When the call ran: tools reckon days from it.
    pub clock: Timestamp,
    /// The tool's arguments.
    pub arguments: Map<String, Value>,
    /// The accounts of the connection.
    pub accounts: Vec<Account>,
    /// What was sent and what came back, in order.
    pub exchanges: Vec<Exchange>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A request and its answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// What was asked, without any credential.
    pub request: Value,
    /// What came back.
    #[serde(flatten)]
    pub told: Told,
}

/// What came back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A good answer.
    Response {
        /// HTTP status.
        status: u16,
        /// The few headers that say how to read the body.
        headers: BTreeMap<String, String>,
        /// Body.
        #[serde(flatten)]
        content: Content,
    },
    /// The content of a file behind a link.
    File(Content),
    /// A failure, by the class that the integration gave it: the vendor's words may quote its client.
    Fault {
        /// The class.
        class: Class,
        /// The vendor's code.
        code: Option<String>,
    },
}

/// A body.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// JSON.
    Json(Value),
    /// Anything else.
    Text(String),
}

/// What came of a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The tool's answer.
    Answer(Value),
    /// The failure that it met, by its class.
    Fault(Class),
}

impl Recording {
    /// As the file says it, ready to be read and compared by people.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl Told {
    /// What the vendor sent, if it was good.
    pub(crate) fn content(&self) -> Option<&Content> {
        match self {
            Self::Response { content, .. } | Self::File(content) => Some(content),
            Self::Fault { .. } => None,
        }
    }
}

impl Content {
    pub(crate) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(json) => Self::Json(json),
            Err(_) => Self::Text(String::from_utf8_lossy(body).into_owned()),
        }
    }

    pub(crate) fn bytes(&self) -> bytes::Bytes {
        match self {
            Self::Json(json) => json.to_string().into(),
            Self::Text(text) => text.clone().into(),
        }
    }
}

/// The request as a recording says it: all that the vendor sees of it but the credential.
pub(crate) fn asked(request: &Request) -> Value {
    let mut asked = json!({ "method": request.method.as_str(), "path": request.path });
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            asked[name] = value;
        }
    };
    let pairs = |pairs: &[(&str, String)]| {
        (!pairs.is_empty()).then(|| pairs.iter().map(|(name, value)| json!([name, value])).collect())
    };
    let text = |text: &str| (!text.is_empty()).then(|| text.into());
    say("query", pairs(&request.query));
    say("raw_query", text(&request.raw_query));
    say("headers", pairs(&request.headers));
    say("account", request.account.as_ref().map(|id| id.as_str().into()));
    say("region", request.region.map(Value::from));
    say("content_type", request.content_type.map(Value::from));
    say("json", request.json.as_ref().and_then(|body| serde_json::from_slice(body).ok()));
    say("form", request.form.as_ref().and_then(|form| text(&String::from_utf8_lossy(form))));
    asked
}

/// The request for a file.
pub(crate) fn fetched(link: &Link) -> Value {
    json!({ "download": link.expose() })
}
