//! What the agency tells all its clients.

use turnpike_core::{AnnouncementId, Timestamp};

use crate::{StoreError, SystemStore, row::table};

/// What the agency tells all its clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// What it is about.
    pub title: String,
    /// What it says.
    pub body: String,
    /// Who made it.
    pub set_by: String,
    /// From when on it is shown.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

table!(Announcement { id, title, body, set_by, starts_at, ends_at });

impl SystemStore {
    /// Adds an announcement.
    pub async fn insert_announcement(&self, announcement: &Announcement) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO announcements (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
        self.0.insert("announcement", sql, &columns!(announcement)).await
    }

    /// The announcements that are shown now, newest first.
    pub async fn list_current_announcements(&self, now: Timestamp) -> Result<Vec<Announcement>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM announcements WHERE starts_at <= $1 AND ends_at > $1 ORDER BY starts_at DESC, id DESC"
        );
        self.0.list(sql, &[&now]).await
    }

    /// All announcements that there ever were, newest first.
    pub async fn list_announcements(&self) -> Result<Vec<Announcement>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM announcements ORDER BY starts_at DESC, id DESC"), &[]).await
    }

    /// Ends an announcement; false when there is none of that id or it has ended.
    pub async fn end_announcement(&self, id: AnnouncementId, now: Timestamp) -> Result<bool, StoreError> {
        self.0.changes("UPDATE announcements SET ends_at = $2 WHERE id = $1 AND ends_at > $2", &[&id, &now]).await
    }
}
