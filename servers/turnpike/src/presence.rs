//! Who else uses the data folder. What a killed process has left behind can be taken over at once when nobody else is there
//! to have begun it.

use std::{fs::File, io};

use anyhow::{Context as _, Result};
use secrecy::ExposeSecret as _;
use turnpike_config::Settings;

/// A shared lock on a file of the data folder, held for as long as this process works with an SQLite database. The system
/// lets go of it when the process ends, however it ends.
pub struct Presence(Option<File>);

impl Presence {
    /// Shows that this process is there. Says nothing of a PostgreSQL database, which other machines use too.
    pub fn show(settings: &Settings) -> Result<Self> {
        if !settings.store_url().expose_secret().starts_with("sqlite:") {
            return Ok(Self(None));
        }
        let path = settings.data.join("turnpike.lock");
        let file = File::options().create(true).append(true).open(&path);
        let file = file.and_then(|file| file.lock_shared().map(|()| file));
        Ok(Self(Some(file.with_context(|| format!("cannot lock {}; can its folder be written?", path.display()))?)))
    }

    /// Whether nobody else is there. Of two that ask at once, each may be told of the other.
    pub fn is_alone(&self) -> io::Result<bool> {
        let Some(file) = &self.0 else { return Ok(false) };
        file.unlock()?;
        let alone = file.try_lock().is_ok();
        if alone {
            file.unlock()?;
        }
        file.lock_shared()?;
        Ok(alone)
    }
}

#[cfg(test)]
mod tests {
    use turnpike_config::Layers;

    use super::*;

    #[test]
    fn two_that_share_a_folder_see_each_other_and_the_last_one_is_alone() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Layers { data: Some(folder.path().into()), ..Layers::default() }.load().unwrap();
        let one = Presence::show(&settings).unwrap();
        assert!(one.is_alone().unwrap());
        let other = Presence::show(&settings).unwrap();
        assert!(!one.is_alone().unwrap() && !other.is_alone().unwrap() && !one.is_alone().unwrap());
        drop(one);
        assert!(other.is_alone().unwrap());
    }
}
