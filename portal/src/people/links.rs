//! Links that are mailed: 256 random bits, of which the hash is stored.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lettre::Address;
use serde_json::Value;
use turnpike_core::{LinkId, TenantId};
use turnpike_store::{LinkPurpose, MailedLink};

use crate::{
    Portal,
    brand::Brand,
    http::{Failure, hash},
    mail::Letter,
};

/// A link to mail.
pub(crate) struct NewLink<'a> {
    /// What it is for.
    pub(crate) purpose: LinkPurpose,
    /// For which tenant, where it is for one.
    pub(crate) tenant: Option<TenantId>,
    /// To whom.
    pub(crate) email: &'a str,
    /// What else it says.
    pub(crate) content: Value,
    /// Who has it sent.
    pub(crate) made_by: Option<String>,
}

/// Stores a link and mails it.
pub(crate) async fn mail_link(
    portal: &Portal,
    brand: &Brand,
    new: NewLink<'_>,
    letter: impl FnOnce(String) -> Letter,
) -> Result<LinkId, Failure> {
    let (secret, id, now) = (portal.ambient.bytes::<32>(), portal.ambient.id(), portal.ambient.now());
    let link = MailedLink {
        hash: hash("link", &secret),
        id,
        tenant_id: new.tenant,
        purpose: new.purpose,
        email: new.email.to_owned(),
        content_json: new.content.to_string(),
        made_by: new.made_by,
        created_at: now,
        expires_at: now.plus(life(new.purpose)),
        used_at: None,
    };
    portal.store.system().insert_link(&link).await?;
    let path = match new.purpose {
        LinkPurpose::Connect => "connect-for",
        LinkPurpose::SignIn | LinkPurpose::SignUp | LinkPurpose::Invitation => "link",
    };
    let text = letter(format!("{}/{path}/{}", brand.url, URL_SAFE_NO_PAD.encode(secret)));
    portal.mailer.send(brand, new.email, &text);
    Ok(id)
}

const fn life(purpose: LinkPurpose) -> Duration {
    const HOUR: u64 = 3600;
    Duration::from_secs(match purpose {
        LinkPurpose::SignIn => HOUR / 4,
        LinkPurpose::SignUp => 24 * HOUR,
        LinkPurpose::Invitation | LinkPurpose::Connect => 7 * 24 * HOUR,
    })
}

/// The hash under which the link of this secret is stored.
pub(crate) fn secret_of(text: &str) -> Result<[u8; 32], Failure> {
    let secret: [u8; 32] =
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Failure::LinkOver)?;
    Ok(hash("link", &secret))
}

/// An address as it is stored: in small letters. `None` when it is none.
pub fn address_of(text: &str) -> Option<String> {
    let address: Address = text.trim().parse().ok()?;
    let whole = address.to_string().to_lowercase();
    (whole.len() <= 254).then_some(whole)
}
