//! What a tenant sees.

pub(crate) mod account;
pub(crate) mod actors;
pub(crate) mod agents;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod calendar;
pub(crate) mod call;
pub(crate) mod calls;
pub(crate) mod changes;
pub(crate) mod connect;
pub(crate) mod connect_links;
pub(crate) mod connection;
pub(crate) mod connections;
pub(crate) mod csv;
pub(crate) mod ends;
pub(crate) mod home;
pub(crate) mod plot;
pub(crate) mod rules;
pub(crate) mod settings;
mod show;
pub(crate) mod team;
pub(crate) mod usage;

use axum::response::{IntoResponse, Redirect, Response};

pub(crate) use show::{Tag, count, day, money, place_of, price_in_words, price_of, shown};

use crate::SignedIn;

/// Where somebody goes who names no page.
pub(crate) async fn root(known: Option<SignedIn>) -> Response {
    Redirect::to(if known.is_some() { "/organisations" } else { "/sign-in" }).into_response()
}
