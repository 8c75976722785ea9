//! When there is no page to show: what happened and what to do.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode};
use turnpike_billing::BillingError;
use turnpike_core::CallId;
use turnpike_store::StoreError;
use turnpike_tenancy::ConnectError;

use crate::{Portal, brand::Brand};

/// What a page handler answers.
pub(crate) type Answer = Result<Response, Failure>;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such thing, or it is somebody else's: the two look alike.
    #[error("there is no such page")]
    NotFound,
    /// The role does not reach that far.
    #[error("your role does not allow that")]
    Forbidden,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignIn {
        /// Where to go on afterwards.
        return_to: String,
    },
    /// The person must prove who they are once more.
    #[error("a dangerous act needs a fresh proof")]
    Confirm {
        /// Where to go on afterwards.
        return_to: String,
    },
    /// Too many attempts.
    #[error("too many attempts; wait a minute and try again")]
    TooMany,
    /// What was sent cannot be used.
    #[error("{0}")]
    Refused(String),
    /// The link has been used or its time is over.
    #[error("this link does not work any more")]
    LinkOver,
    /// An account cannot be connected.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Something about money was not done.
    #[error("{0}")]
    Billing(BillingError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A page could not be rendered.
    #[error(transparent)]
    Render(#[from] askama::Error),
    /// A page asks for somebody whom its route's gate does not let in.
    #[error("a page stands behind the wrong gate")]
    NoGate,
    /// Anything else of ours.
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Store(StoreError::NotFound { .. }) => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::LinkOver => StatusCode::GONE,
            Self::Billing(BillingError::Unreachable | BillingError::Unreadable) => StatusCode::BAD_GATEWAY,
            Self::Refused(_) | Self::Connect(_) | Self::Billing(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(StoreError::Conflict { .. }) => StatusCode::CONFLICT,
            Self::SignIn { .. } | Self::Confirm { .. } => StatusCode::SEE_OTHER,
            Self::Store(_) | Self::Render(_) | Self::NoGate | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn what_to_do(&self) -> String {
        match self {
            Self::Forbidden => "Ask an owner or admin of your organisation to do it, or to change your role.".into(),
            Self::TooMany => "Nothing is lost. Attempts are counted for a minute.".into(),
            Self::LinkOver => "Links work once and for a limited time. Ask for a new one.".into(),
            Self::Connect(error) => error.what_to_do().to_owned(),
            Self::Billing(_) => "Nothing was changed and nothing was charged. Go back and look again.".into(),
            Self::Refused(_) => "Go back, mend it and send it again.".into(),
            _ if self.status() == StatusCode::NOT_FOUND => "Check the address, or start again from the home page.".into(),
            _ if self.status() == StatusCode::CONFLICT => "Somebody was quicker. Go back and look again.".into(),
            _ => "It is not your fault, and nothing was charged. Try again in a minute; if it stays, tell support the number.".into(),
        }
    }

    fn title(&self) -> String {
        if self.status() == StatusCode::INTERNAL_SERVER_ERROR {
            return "Something went wrong here".into();
        }
        let text = match self.status() {
            StatusCode::NOT_FOUND => "there is no such page".to_owned(),
            StatusCode::CONFLICT => "this is there already, or has changed meanwhile".to_owned(),
            _ => self.to_string(),
        };
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

impl From<BillingError> for Failure {
    fn from(error: BillingError) -> Self {
        match error {
            BillingError::Store(error) => Self::Store(error),
            error => Self::Billing(error),
        }
    }
}

/// What the outermost layer makes a page of, in the brand's clothes.
#[derive(Clone)]
struct Trouble {
    title: String,
    what_to_do: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match &self {
            Self::SignIn { return_to } => return Redirect::to(&with_return("/sign-in", return_to)).into_response(),
            Self::Confirm { return_to } => return Redirect::to(&with_return("/confirm", return_to)).into_response(),
            _ => {}
        }
        let mut response = self.status().into_response();
        if self.status() == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "a page failed");
        }
        response.extensions_mut().insert(Trouble { title: self.title(), what_to_do: self.what_to_do() });
        response
    }
}

fn with_return(path: &str, return_to: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    format!("{path}?{query}")
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    brand: Arc<Brand>,
    title: String,
    what_to_do: String,
    /// To find it in the logs; only where the fault is ours.
    number: Option<String>,
}

/// Shows failures as pages.
pub(crate) async fn dress(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let brand = request.extensions().get::<Arc<Brand>>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let trouble = match response.extensions().get::<Trouble>() {
        Some(trouble) => trouble.clone(),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED && method != Method::OPTIONS => {
            Trouble { title: Failure::NotFound.title(), what_to_do: Failure::NotFound.what_to_do() }
        }
        None => return response,
    };
    let number = (response.status() == StatusCode::INTERNAL_SERVER_ERROR).then(|| {
        let number = portal.ambient.id::<CallId>().to_string();
        tracing::error!(number, "the page above was shown with this number");
        number
    });
    let brand = brand.unwrap_or_else(|| portal.brands.default_brand());
    let Trouble { title, what_to_do } = trouble;
    let page = TroublePage { brand, title, what_to_do, number };
    match page.render() {
        Ok(html) => (response.status(), Html(html)).into_response(),
        Err(_) => response,
    }
}
