//! The agency's own people.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use turnpike_core::Ambient;
use turnpike_store::{LinkPurpose, MailedLink, Person, Store, StoreError};

use crate::http::hash;

/// How long the link works.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// Lets a person into the operator console, whether they are known or not. Returns the path of a link that signs them in
/// once, within a day: it is shown to whoever runs the command, and mailed to nobody.
pub async fn add_staff(store: &Store, ambient: &Ambient, email: &str, name: &str) -> Result<String, StoreError> {
    let (system, now) = (store.system(), ambient.now());
    match system.find_person_by_email(email).await? {
        Some(person) => system.update_person(&Person { staff: true, ..person }).await?,
        None => {
            let (id, email, name) = (ambient.id(), email.to_owned(), name.to_owned());
            let (password_hash, oidc_subject, staff, created_at) = (None, None, true, now);
            system.insert_person(&Person { id, email, name, password_hash, oidc_subject, staff, created_at }).await?;
        }
    }
    let secret = ambient.bytes::<32>();
    let link = MailedLink {
        hash: hash("link", &secret),
        id: ambient.id(),
        tenant_id: None,
        purpose: LinkPurpose::SignIn,
        email: email.to_owned(),
        content_json: json!({ "return_to": "/console" }).to_string(),
        made_by: Some("desk".into()),
        created_at: now,
        expires_at: now.plus(LIFE),
        used_at: None,
    };
    system.insert_link(&link).await?;
    Ok(format!("/link/{}", URL_SAFE_NO_PAD.encode(secret)))
}
