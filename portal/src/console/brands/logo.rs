//! A brand's picture.

use axum::{
    extract::{Multipart, Path, State, multipart::MultipartError},
    response::{IntoResponse, Redirect},
};
use turnpike_store::{BrandRow, Logo};
use turnpike_tenancy::Actor;

use super::{
    changed,
    edit::{BrandPage, settings},
    find, path,
    picture::media_type,
};
use crate::{
    Portal, Staff, brand,
    http::{Answer, Failure, FieldErrors, Frame, Notice, again},
};

/// The largest picture, in bytes.
const LARGEST: usize = 200 * 1024;

pub(crate) async fn show(State(portal): State<Portal>, Path(host): Path<String>) -> Answer {
    let (host, _) = find(&portal, &host).await?;
    let found = portal.store.system().find_brand_logo(&host).await?;
    Ok(brand::picture(found.ok_or(Failure::NotFound)?))
}

pub(crate) async fn set(
    State(portal): State<Portal>,
    frame: Frame,
    staff: Staff,
    Path(host): Path<String>,
    upload: Multipart,
) -> Answer {
    let (host, row) = find(&portal, &host).await?;
    let row = row.ok_or(Failure::NotFound)?;
    let bytes = file(upload).await.map_err(|error| Failure::Refused(error.body_text()))?;
    let mut errors = FieldErrors::default();
    errors.check(bytes.is_empty(), "logo", "Choose a file.");
    errors.check(bytes.len() > LARGEST, "logo", "It is too large: at most 200 KB.");
    let media_type = media_type(&bytes);
    errors.check(media_type.is_none(), "logo", "This is no PNG, JPEG, WebP or SVG picture.");
    let Some(media_type) = media_type.filter(|_| errors.is_empty()) else {
        let own = settings(&portal, Some(&row))?;
        return again(BrandPage::new(frame, errors, &host, Some(&row), own));
    };
    let logo = Logo { media_type: media_type.to_owned(), bytes };
    replace(&portal, &staff, &row, Some(&logo)).await?;
    Ok(Redirect::to(&Notice::BrandSet.at(&path(&host))).into_response())
}

/// The file of the form; empty where none was chosen.
async fn file(mut upload: Multipart) -> Result<Vec<u8>, MultipartError> {
    while let Some(field) = upload.next_field().await? {
        if field.name() == Some("logo") {
            return Ok(field.bytes().await?.to_vec());
        }
    }
    Ok(vec![])
}

pub(crate) async fn remove(State(portal): State<Portal>, staff: Staff, Path(host): Path<String>) -> Answer {
    let (host, row) = find(&portal, &host).await?;
    replace(&portal, &staff, &row.ok_or(Failure::NotFound)?, None).await?;
    Ok(Redirect::to(&Notice::BrandSet.at(&path(&host))).into_response())
}

/// The brand is set anew with it: browsers keep a picture until the brand's instant changes.
async fn replace(portal: &Portal, staff: &Staff, row: &BrandRow, logo: Option<&Logo>) -> Result<(), Failure> {
    let (system, by) = (portal.store.system(), Actor::person(staff.person.id));
    system.set_brand_logo(&row.host, logo).await?;
    system.set_brand(&row.host, &row.brand_json, &by.0, portal.ambient.now()).await?;
    Ok(changed(portal, &by, "brand.set", &row.host).await?)
}
