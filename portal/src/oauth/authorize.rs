//! A person is asked whether a program may act in their name. Whoever asks, each time.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::json;
use turnpike_core::{AttemptId, Role, TenantId};
use turnpike_oauth::{
    AuthorizationRequest, ConsentError, Misdirected, NotStarted, RedirectTarget, ScopeOf, Source, UnknownClient,
};
use turnpike_store::Membership;
use url::{Url, form_urlencoded};

use super::attempts::{Step, note};
use crate::{
    Permission, Portal, SignedIn,
    http::{Address, Answer, Failure, Form, Frame, content_security_policy, page},
};

struct Choice {
    name: String,
    title: String,
    writes: bool,
    /// The program has asked for it; the person may allow more by themselves.
    asked: bool,
}

#[derive(Template)]
#[template(path = "oauth/authorize.html")]
struct Ask {
    frame: Frame,
    client: String,
    client_id: String,
    source: Source,
    target: RedirectTarget,
    /// Whatever runs on the person's computer could say that it is this program.
    anybody: bool,
    resource: String,
    url: String,
    choices: Vec<Choice>,
    organisations: Vec<Membership>,
    sealed: String,
    days: u32,
}

#[derive(Template)]
#[template(path = "oauth/refused.html")]
struct RefusedPage {
    frame: Frame,
    what: String,
    to_do: String,
    attempt: AttemptId,
}

#[derive(Template)]
#[template(path = "oauth/nobody.html")]
struct Nobody {
    frame: Frame,
    client: String,
    belongs: bool,
}

/// The page on which a person is asked.
pub(crate) async fn ask(
    State(portal): State<Portal>,
    address: Address,
    frame: Frame,
    known: Option<SignedIn>,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> Answer {
    // A stranger's request may have a document fetched.
    portal.throttle.attempt_from("authorize", address.0, portal.ambient.now()).await?;
    let query = query.unwrap_or_default();
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let request = match portal.oauth.read_request(&parameters).await {
        Ok(request) => request,
        Err(NotStarted::Page(why)) => return misdirected(&portal, frame, &parameters, why).await,
        Err(NotStarted::Back(refused)) => {
            let step = Step {
                step: "authorization",
                client_id: &refused.client_id,
                client_name: &refused.client_name,
                error: Some(refused.code),
                description: &refused.description,
                tenant: None,
            };
            note(&portal, step).await;
            return Ok(Redirect::to(refused.location.as_str()).into_response());
        }
    };
    let Some(signed_in) = known else {
        let return_to = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        return Err(Failure::SignIn { return_to });
    };
    let least = Permission::LetAct.least_role();
    let organisations: Vec<_> =
        signed_in.memberships.iter().filter(|membership| membership.role.reaches(least)).cloned().collect();
    if organisations.is_empty() {
        let (client, belongs) = (request.client.metadata.name.clone(), !signed_in.memberships.is_empty());
        return page(Nobody { frame, client, belongs });
    }
    let policy = policy_for(&portal, &request.redirect_uri);
    let shown = page(asked(&portal, frame, &signed_in, organisations, request))?;
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], shown).into_response())
}

fn asked(
    portal: &Portal,
    frame: Frame,
    signed_in: &SignedIn,
    mut organisations: Vec<Membership>,
    request: AuthorizationRequest,
) -> Ask {
    let sealed = portal.oauth.seal(signed_in.person.id, &request);
    // The one that is looked at comes first.
    organisations.sort_by_key(|own| Some(own.tenant_id) != signed_in.session.acting_for);
    let AuthorizationRequest { client, redirect_uri, resource, scopes, .. } = request;
    let asked = |name: &String| scopes.contains(name);
    let target = RedirectTarget::of(&redirect_uri);
    Ask {
        choices: resource
            .scopes
            .into_iter()
            .map(|ScopeOf { name, title, writes }| Choice { asked: asked(&name), name, title, writes })
            .collect(),
        client: client.metadata.name.clone(),
        anybody: client.metadata.only_this_computer() || target == RedirectTarget::ThisComputer,
        client_id: client.id,
        source: client.source,
        target,
        resource: resource.title,
        url: resource.url,
        organisations,
        sealed,
        days: portal.settings.oauth.refresh_days,
        frame,
    }
}

/// Nobody is sent anywhere: the person is told what is wrong, with a number to ask about.
async fn misdirected(portal: &Portal, frame: Frame, parameters: &[(String, String)], why: Misdirected) -> Answer {
    let client_id = parameters.iter().find(|(name, _)| name == "client_id").map_or("", |(_, value)| value.as_str());
    let what = match &why {
        Misdirected::Client(UnknownClient::Unavailable(error)) => {
            tracing::error!(%error, "a client cannot be looked up");
            "the program cannot be looked up at the moment".to_owned()
        }
        why => why.to_string(),
    };
    let to_do = match &why {
        Misdirected::Client(UnknownClient::Document(error)) => error.what_to_do(),
        Misdirected::Client(UnknownClient::Unknown) => {
            "Remove the server from your program and add it again, so that the program registers anew."
        }
        Misdirected::Client(UnknownClient::Unavailable(_)) => "Try again in a minute.",
        Misdirected::NoClient => "Begin in your program: paste the server's URL there, and it opens this page itself.",
        Misdirected::Twice(_) | Misdirected::Redirect => "Tell whoever makes the program. Nothing was allowed.",
    };
    let step = Step {
        step: "authorization",
        client_id,
        error: Some("invalid_request"),
        description: &what,
        ..Step::default()
    };
    let attempt = note(portal, step).await;
    let shown = page(RefusedPage { frame, what, to_do: to_do.to_owned(), attempt })?;
    Ok((StatusCode::BAD_REQUEST, shown).into_response())
}

/// The person's answer.
pub(crate) async fn decide(State(portal): State<Portal>, signed_in: SignedIn, form: Form) -> Answer {
    let person = signed_in.person.id;
    let consent = portal.oauth.open_consent(person, form.exact("request")).map_err(failure)?;
    let (client_id, client_name) = (consent.client_id.clone(), consent.client_name.clone());
    let tenant: TenantId = form.text("tenant").parse().map_err(|_| Failure::NotFound)?;
    let role = signed_in.memberships.iter().find(|own| own.tenant_id == tenant).map(|own| own.role);
    may_let_act(role)?;
    let step = Step {
        step: "consent",
        tenant: Some(tenant),
        client_id: &client_id,
        client_name: &client_name,
        ..Step::default()
    };
    if form.text("decision") != "allow" {
        let description = "the person did not agree";
        note(&portal, Step { error: Some("access_denied"), description, ..step }).await;
        return Ok(sent_back(&portal.oauth.deny(&consent)));
    }
    let chosen: Vec<_> = form.all("scope").map(str::to_owned).collect();
    let details = json!({ "client_id": client_id, "client_name": client_name, "resource": consent.resource });
    let allowed = portal.oauth.allow(consent, tenant, person, &chosen).await.map_err(failure)?;
    let mut details = details;
    details["scopes"] = json!(allowed.scopes);
    let (actor, subject) = (turnpike_tenancy::Actor::person(person), format!("grant:{}", allowed.grant));
    portal.tenancy.record(tenant, &actor, "grant.made", &subject, details).await?;
    note(&portal, Step { description: "the person agreed", ..step }).await;
    Ok(sent_back(&allowed.location))
}

fn may_let_act(role: Option<Role>) -> Result<(), Failure> {
    match role {
        None => Err(Failure::NotFound),
        Some(role) if role.reaches(Permission::LetAct.least_role()) => Ok(()),
        Some(_) => Err(Failure::Forbidden),
    }
}

fn sent_back(to: &Url) -> Response {
    Redirect::to(to.as_str()).into_response()
}

fn failure(why: ConsentError) -> Failure {
    match why {
        ConsentError::Unavailable(error) => Failure::Internal(error.to_string()),
        ConsentError::Stale | ConsentError::Answered => Failure::LinkOver,
        ConsentError::Nothing => Failure::Refused(why.to_string()),
    }
}

/// The same as for every page, and that the form may end at the program: a browser holds it to that on redirects too.
fn policy_for(portal: &Portal, redirect_uri: &str) -> HeaderValue {
    let place = Url::parse(redirect_uri).ok().map(|url| match url.scheme() {
        "https" | "http" => url.origin().ascii_serialization(),
        scheme => format!("{scheme}:"),
    });
    let places: Vec<_> = place.into_iter().collect();
    HeaderValue::from_str(&content_security_policy(&places)).unwrap_or_else(|_| portal.security_policy.clone())
}
