//! Which servers a listing asks for.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use turnpike_core::Timestamp;

use super::{LATEST, entries::Entry, refusal::Refusal};

/// How many servers a page has unless said otherwise.
const USUAL: usize = 30;
/// How many it has at most; who asks for more gets this many, and a cursor.
const MOST: usize = 100;

/// The parameters of a listing; an empty one asks for nothing. What this API does not know, such as `include_deleted`, changes nothing: nothing is deleted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    cursor: String,
    limit: Option<usize>,
    search: String,
    updated_since: Option<DateTime<Utc>>,
    version: String,
}

impl Wanted {
    /// The servers of this page, and the cursor of the next one if there is one. They are what they are since `changed_at`:
    /// whoever has looked later has missed nothing, and to everybody else all of them may be new.
    pub(super) fn page(
        &self,
        entries: Vec<Entry>,
        changed_at: Timestamp,
    ) -> Result<(Vec<Entry>, Option<String>), Refusal> {
        let limit = self.limit.unwrap_or(USUAL).min(MOST);
        if limit == 0 {
            return Err(Refusal::Query("limit must be 1 or more".into()));
        }
        let may_be_new = self.updated_since.is_none_or(|since| since.timestamp_micros() <= changed_at.micros());
        let fits = |own: &Entry| may_be_new && own.name > self.cursor && self.fits(own);
        let mut page: Vec<_> = entries.into_iter().filter(fits).collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|last| last.name.clone());
        Ok((page, next))
    }

    fn fits(&self, entry: &Entry) -> bool {
        let search = self.search.to_lowercase();
        let found = [&entry.name, entry.summary].iter().any(|text| text.to_lowercase().contains(&search));
        found && ["", LATEST, entry.version].contains(&self.version.as_str())
    }
}
