//! Somebody who signs in: of one tenant, of several, or of the agency's staff.

use turnpike_core::{PersonId, Timestamp};

use crate::{StoreError, SystemStore, row::table};

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id; all that the audit log says of them.
    pub id: PersonId,
    /// Where they get mail, in small letters. Nobody else has it.
    pub email: String,
    /// How they are called.
    pub name: String,
    /// Argon2id, as a PHC string; none for who signs in by mailed link or identity provider only.
    pub password_hash: Option<String>,
    /// Issuer and subject at the agency's identity provider.
    pub oidc_subject: Option<String>,
    /// Of the agency's staff: may open the operator console.
    pub staff: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

table!(Person { id, email, name, password_hash, oidc_subject, staff, created_at });

impl SystemStore {
    /// Adds a person; a conflict when the address is known.
    pub async fn insert_person(&self, person: &Person) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO people (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
        self.0.insert("person", sql, &columns!(person)).await
    }

    /// The person with that id.
    pub async fn find_person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM people WHERE id = $1"), &[&id]).await
    }

    /// The person with that address.
    pub async fn find_person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM people WHERE email = $1"), &[&email]).await
    }

    /// The person whom the identity provider knows by that issuer and subject.
    pub async fn find_person_by_subject(&self, subject: &str) -> Result<Option<Person>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM people WHERE oidc_subject = $1"), &[&subject]).await
    }

    /// The agency's staff, oldest first.
    pub async fn list_staff(&self) -> Result<Vec<Person>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM people WHERE staff ORDER BY id"), &[]).await
    }

    /// Sets what of a person can change: all but id, address and beginning.
    pub async fn update_person(&self, person: &Person) -> Result<(), StoreError> {
        let Person { id, name, password_hash, oidc_subject, staff, .. } = person;
        let sql = "UPDATE people SET name = $2, password_hash = $3, oidc_subject = $4, staff = $5 WHERE id = $1";
        self.0.update("person", sql, &[id, name, password_hash, oidc_subject, staff]).await
    }
}
