//! The brands that there are.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use turnpike_config::BrandSettings;

use super::{host_of, path};
use crate::{
    Portal,
    brand::{EVERY_HOST, Palette},
    console::names::Actors,
    http::{Answer, Failure, Form, Frame, page},
    pages::shown,
};

struct Line {
    host: String,
    name: String,
    colours: Palette,
    has_logo: bool,
    set: String,
}

#[derive(Template)]
#[template(path = "console/brands.html")]
struct BrandsPage {
    frame: Frame,
    lines: Vec<Line>,
    /// What every host is shown for which nothing is set.
    shipped: String,
    /// Every other host has a brand of the console.
    every: bool,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let rows = portal.store.system().list_brands().await?;
    let actors = Actors::read(&portal, rows.iter().map(|row| row.set_by.as_str()).collect()).await?;
    let every = rows.iter().any(|row| row.host == EVERY_HOST);
    let lines = rows.into_iter().map(|row| {
        let own: BrandSettings =
            serde_json::from_str(&row.brand_json).map_err(|error| Failure::Internal(error.to_string()))?;
        let set = format!("{} by {}", shown(row.set_at), actors.name(&row.set_by));
        let colours = Palette::of(&own.accent);
        Ok(Line { host: row.host, name: own.name, colours, has_logo: row.has_logo, set })
    });
    let lines = lines.collect::<Result<_, Failure>>()?;
    page(BrandsPage { frame, lines, shipped: portal.settings.brand.name.clone(), every })
}

/// Goes on to the form of a host. Nothing is stored before that is filled in.
pub(crate) async fn choose_host(form: Form) -> Answer {
    let host = host_of(form.text("host"));
    let host = host.ok_or_else(|| Failure::Refused("this is no host: write it as portal.company.example".into()))?;
    Ok(Redirect::to(&path(&host)).into_response())
}
