//! A request, in order: who asks, is it a repeat, what goes wrong, the work, the answer.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, header, request::Parts},
};
use futures_util::stream;
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    Fault, KeyKind, RequestLog,
    account::API_VERSION,
    checkout::pages::{self, Page},
    dispatch,
    expand::expand,
    faults,
    form::Form,
    refusal::{Answer, Refusal},
    usage,
    world::{Shared, World, lock},
};

const LARGEST_BODY: usize = 1 << 20;

/// What a request asks for.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) form: Form,
    key: Result<KeyKind, Refusal>,
    account: Option<String>,
    idempotency_key: Option<String>,
    version: Option<String>,
}

/// What became of it: an answer, whether that is an old one, and whether the connection breaks first.
struct Outcome {
    answer: Answer,
    replayed: bool,
    broken: bool,
}

pub(crate) async fn answer(State(world): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else { return broken() };
    let call = read(&parts, &body);
    if let Some(page) = pages::open(&mut lock(&world), &call) {
        return hosted(page);
    }
    let latency = {
        let mut world = lock(&world);
        world.log.push(call.log());
        world.latency
    };
    let claimed = match Claims::make(&world, &call) {
        Ok(claimed) => claimed,
        Err(refusal) => return respond(&world, &call, &Err(refusal), false),
    };
    if !latency.is_zero() {
        sleep(latency).await;
    }
    let outcome = work(&mut lock(&world), &call);
    drop(claimed);
    if outcome.broken {
        return broken();
    }
    respond(&world, &call, &outcome.answer, outcome.replayed)
}

fn hosted(page: Page) -> Response<Body> {
    let response = match &page {
        Page::Html(_) => Response::builder().status(200).header("content-type", "text/html; charset=utf-8"),
        Page::Go(url) => Response::builder().status(303).header("location", url),
        Page::Missing => Response::builder().status(404),
    };
    let body = if let Page::Html(html) = page { Body::from(html) } else { Body::empty() };
    response.body(body).unwrap_or_else(|_| broken())
}

fn read(parts: &Parts, body: &Bytes) -> Call {
    let form = match parts.method {
        Method::POST => Form::parse(&String::from_utf8_lossy(body)),
        _ => Form::parse(parts.uri.query().unwrap_or_default()),
    };
    Call {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        form,
        key: KeyKind::read(text(&parts.headers, header::AUTHORIZATION.as_str()).as_deref()),
        // The second API has a header of its own for it.
        account: text(
            &parts.headers,
            if parts.uri.path().starts_with("/v2/") { "stripe-context" } else { "stripe-account" },
        ),
        idempotency_key: text(&parts.headers, "idempotency-key").filter(|_| parts.method == Method::POST),
        version: text(&parts.headers, "stripe-version"),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

impl Call {
    fn log(&self) -> RequestLog {
        RequestLog {
            method: self.method.to_string(),
            path: self.path.clone(),
            form: self.form.tree(),
            idempotency_key: self.idempotency_key.clone(),
            account: self.account.clone(),
            key: self.key.as_ref().ok().copied(),
            version: self.version.clone(),
        }
    }
}

/// What only one call at a time may have; given back when dropped, also when the client has gone.
struct Claims {
    world: Shared,
    names: Vec<String>,
}

impl Claims {
    fn make(shared: &Shared, call: &Call) -> Result<Self, Refusal> {
        let account = call.account.as_deref().unwrap_or_default();
        let mut wanted = Vec::new();
        if let Some(key) = &call.idempotency_key {
            wanted.push((format!("key {account} {key}"), Refusal::key_in_use()));
        }
        if call.method == Method::POST && call.path == usage::EVENTS_PATH {
            let customer = call.form.inner("payload").tree().to_string();
            let customer = call.form.text("payload.stripe_customer_id").map_or(customer, str::to_owned);
            let meter = call.form.text("event_name").unwrap_or_default();
            wanted.push((format!("meter {account} {meter} {customer}"), Refusal::too_many()));
        }
        let mut claims = Self { world: shared.clone(), names: Vec::new() };
        for (name, refusal) in wanted {
            if !lock(shared).busy.insert(name.clone()) {
                return Err(refusal);
            }
            claims.names.push(name);
        }
        Ok(claims)
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        let mut world = lock(&self.world);
        for name in &self.names {
            world.busy.remove(name);
        }
    }
}

fn work(world: &mut World, call: &Call) -> Outcome {
    let fault = faults::take(&mut world.faults, &format!("{} {}", call.method, call.path));
    let broken = matches!(fault, Some(Fault::TimeoutAfterCommit | Fault::TimeoutBeforeCommit));
    let refused = |answer: Answer| Outcome { answer, replayed: false, broken };
    match fault {
        Some(Fault::TimeoutBeforeCommit) => return refused(Err(Refusal::status(500))),
        Some(Fault::TooManyRequests) => return refused(Err(Refusal::too_many())),
        _ => {}
    }
    if let Err(refusal) = call.key.clone().and_then(|key| key.allow(&call.method, &call.path)) {
        return refused(Err(refusal));
    }
    let now = world.now;
    let account = match world.account(call.account.as_deref()) {
        Ok(account) => account,
        Err(refusal) => return refused(Err(refusal)),
    };
    let tree = call.form.tree();
    if let Some(key) = &call.idempotency_key
        && let Some(answer) = account.answers.find(key, now, &call.path, &tree)
    {
        let replayed = !answer.as_ref().is_err_and(|refusal| refusal.before_work);
        return Outcome { answer, replayed, broken };
    }
    let answer = match fault {
        Some(Fault::Status500Before) => Err(Refusal::status(500)),
        Some(Fault::Status(status)) => Err(Refusal::status(status)),
        _ => dispatch::work(world, call.account.as_deref(), call),
    };
    let answer = if fault == Some(Fault::Status500After) { Err(Refusal::status(500)) } else { answer };
    if let Some(key) = &call.idempotency_key
        && let Ok(account) = world.account(call.account.as_deref())
    {
        account.answers.keep(key, now, &call.path, &tree, &answer);
    }
    Outcome { answer, replayed: false, broken }
}

fn respond(world: &Shared, call: &Call, answer: &Answer, replayed: bool) -> Response<Body> {
    let mut world = lock(world);
    world.last_request += 1;
    let request = format!("req_fake{:010}", world.last_request);
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("request-id", request),
        ("stripe-version", call.version.clone().unwrap_or_else(|| API_VERSION.to_owned())),
    ];
    headers.extend(call.idempotency_key.clone().map(|key| ("idempotency-key", key)));
    headers.extend(replayed.then(|| ("idempotent-replayed", "true".to_owned())));
    let answer = match answer {
        Ok(object) => expanded(&mut world, call, object),
        Err(refusal) => Err(refusal.clone()),
    };
    let (status, body) = match &answer {
        Ok(object) => (200, object.clone()),
        Err(refusal) => {
            headers.extend(refusal.should_retry.map(|retry| ("stripe-should-retry", retry.to_string())));
            (refusal.status, refusal.body())
        }
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body.to_string())).unwrap_or_else(|_| broken())
}

fn expanded(world: &mut World, call: &Call, object: &Value) -> Answer {
    let account = world.account(call.account.as_deref())?;
    expand(account, object.clone(), &call.form)
}

/// A body that fails at once: the connection is closed before anything of the answer is sent.
fn broken() -> Response<Body> {
    let gone = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(gone)])))
}
