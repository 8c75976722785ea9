//! The page on which a person makes a credential to copy, in the shapes in which the vendor has such a page.

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};

use super::{
    FreshCredential,
    page::{escape, page},
};
use crate::Manifest;

/// Where the page is, below the address at which the sandbox shows its pages.
pub(super) const PATH: &str = "/credential";

#[derive(Clone)]
struct Generator {
    fresh: FreshCredential,
    manifest: &'static Manifest,
}

pub(super) fn router(fresh: FreshCredential, manifest: &'static Manifest) -> Router {
    Router::new().route(PATH, get(offer).post(generate)).with_state(Generator { fresh, manifest })
}

async fn offer(State(generator): State<Generator>) -> Response {
    let body = "<p>Nothing here is real: the values are good for this sandbox and for nothing else.</p>\n\
        <form method=\"post\" action=\"credential\">\n<p><button>Generate token</button></p>\n</form>\n";
    page(StatusCode::OK, &generator.heading(), body)
}

async fn generate(State(generator): State<Generator>) -> Response {
    let made = (generator.fresh)();
    let shown = generator.manifest.connect_form.iter().filter_map(|field| {
        let (_, value) = made.iter().find(|(name, _)| *name == field.name)?;
        let (name, label, value) = (escape(field.name), escape(field.label), escape(value));
        Some(format!(
            "<p><label for=\"{name}\">{label}</label><br>\n\
             <input id=\"{name}\" name=\"{name}\" value=\"{value}\" size=\"60\" readonly></p>\n"
        ))
    });
    let body = format!("<p>Copy these values into the form of the client.</p>\n{}", shown.collect::<String>());
    page(StatusCode::OK, &generator.heading(), &body)
}

impl Generator {
    fn heading(&self) -> String {
        format!("Sandbox of {}: generate a token", self.manifest.title)
    }
}
