//! What is served, for everybody who wants to know: pages for people, and the same as a registry for programs.

mod list;
pub(crate) mod registry;
mod show;

pub(crate) use list::list;
pub(crate) use show::show;

use turnpike_metering::PriceBook;
use turnpike_sdk::{AuthShape, Integration};

use crate::pages::{money, price_of};

/// How a person connects an account, for those who have not seen it yet.
const fn connecting(auth: &AuthShape) -> &'static str {
    match auth {
        AuthShape::OAuthRefresh(_) | AuthShape::LoginWithAmazon(_) => {
            "You sign in at the vendor and allow it there. Your password stays with the vendor."
        }
        AuthShape::RestliOAuth(_) => {
            "You sign in at the vendor and allow it there, and again when that ends. Your password stays with the vendor."
        }
        AuthShape::SystemUserToken(_) => "You make a token at the vendor, for an app of yours, and fill it in here.",
        AuthShape::ApiKey { .. } => "You make an API key at the vendor and fill it in here.",
    }
}

/// What successful calls of its tools cost, from the cheapest to the dearest.
fn price_range(own: &Integration, book: &PriceBook) -> String {
    let prices = || own.tools.iter().map(|tool| price_of(book, tool.spec.cost));
    let shown = |price| money(price, book.currency());
    match (prices().min(), prices().max()) {
        (Some(least), Some(most)) if least != most => format!("{} to {}", shown(least), shown(most)),
        (least, _) => least.map(shown).unwrap_or_default(),
    }
}
