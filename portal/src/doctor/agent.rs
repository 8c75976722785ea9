//! The doctor's own agent: it sends what agents send, to the deployment's public address and nowhere else, and sees
//! what they see.

use std::{error::Error, time::Duration};

use http::{HeaderMap, StatusCode, header};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde_json::Value;
use turnpike_core::visible;

use super::report::Problem;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A client that follows no redirect: agents must not either, and a redirect is a finding.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder().redirect(Policy::none()).timeout(PATIENCE).user_agent("connection-doctor").build()
}

/// Sends, and reads the answer.
pub(super) async fn send(request: RequestBuilder) -> Result<Answer, Problem> {
    let mut response = request.send().await.map_err(silence)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = vec![];
    while let Some(part) = response.chunk().await.map_err(silence)? {
        if body.len() + part.len() > LARGEST {
            return Err(Problem::new("The answer is larger than any of ours.", ELSEWHERE));
        }
        body.extend_from_slice(&part);
    }
    Ok(Answer { status, headers, body })
}

/// What a failed first contact mostly means. Whoever reads it is often not who can mend it.
const ELSEWHERE: &str = "Tell your service provider: the public address (setting server.public_url) probably leads to another \
                         site, or a proxy in between changes what goes through.";
const NOBODY: &str = "Tell your service provider: the public address (setting server.public_url) is probably wrong, or its name, \
                      certificate or firewall does not let requests from outside through.";
const HELD_UP: &str = "Tell your service provider: a firewall for web applications (WAF) or a protection against bots \
                       probably holds programs up. Requests of agents must pass without a browser and without a cookie.";
const SENT_ON: &str = "Tell your service provider: something sends programs on to another address. The public address \
                       (setting server.public_url) must be the one that answers itself, https and host name included.";

const FAILS: &str = "Try again in a minute. If it stays so, tell your service provider: the service, or a proxy before it, \
                     fails.";

/// No answer at all.
fn silence(error: reqwest::Error) -> Problem {
    if error.is_timeout() {
        return Problem::new(format!("There was no answer within {} seconds.", PATIENCE.as_secs()), NOBODY);
    }
    // The innermost cause is the one that helps: a name that is not found, a port where nobody listens, a certificate.
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let kind = if error.is_connect() { "Nobody could be reached" } else { "The connection broke off" };
    let cause = if error.source().is_some() { format!(": {}", clean(&cause.to_string())) } else { String::new() };
    Problem::new(format!("{kind} at the public address{cause}."), NOBODY)
}

impl Answer {
    /// A problem with this answer, where another one was due.
    pub(super) fn unexpected(&self, due: &str) -> Problem {
        let to_do = match self.status.as_u16() {
            300..400 => SENT_ON,
            403 | 406 | 429 | 503 => HELD_UP,
            500..600 => FAILS,
            _ => ELSEWHERE,
        };
        Problem::new(format!("{due}, and the answer was {}.", self.in_words()), to_do)
    }

    /// The body, if it is a JSON object.
    pub(super) fn object(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }

    /// Status and kind. Nothing of the body: whoever answers may repeat what was sent.
    pub(super) fn in_words(&self) -> String {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("no content type");
        let place = self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let place = place.map(|place| format!(", to {}", clean(place.split(['?', '#']).next().unwrap_or_default())));
        format!("{} ({}){}", self.status.as_u16(), clean(kind), place.unwrap_or_default())
    }

    /// A parameter of the challenge.
    pub(super) fn challenged(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        all.find_map(|value| value.split(&format!("{name}=\"")).nth(1)?.split('"').next())
    }
}

/// What others wrote, fit for a page.
pub(super) fn clean(text: &str) -> String {
    visible(text).chars().take(200).collect()
}
