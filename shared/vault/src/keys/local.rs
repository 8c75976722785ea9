//! A key in a file that only its owner may read: for trying things out and for one host.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::{BoxFuture, FutureExt, ready};
use turnpike_core::Ambient;
use zeroize::Zeroizing;

use super::{DataKey, KeyContext, KeyError, KeyProvider};
use crate::envelope::Sealer;

/// First word of a key file, so that another file is not taken for one.
const MARK: &str = "turnpike-local-key-1 ";

/// Wraps data keys under the key of a file.
pub struct LocalKeys {
    sealer: Sealer,
    ambient: Ambient,
}

impl LocalKeys {
    /// Reads the key file, or makes it when there is none.
    pub fn open(path: &Path, ambient: &Ambient) -> Result<Self, KeyError> {
        let key = match read(path) {
            Err(KeyError::File { reason, .. }) if reason.kind() == ErrorKind::NotFound => make(path, ambient)?,
            result => result?,
        };
        Ok(Self::with(&key, ambient))
    }

    /// Reads the key file, which must be there.
    pub fn read(path: &Path, ambient: &Ambient) -> Result<Self, KeyError> {
        Ok(Self::with(&*read(path)?, ambient))
    }

    fn with(key: &[u8; 32], ambient: &Ambient) -> Self {
        Self { sealer: Sealer::new(key, ambient.clone()), ambient: ambient.clone() }
    }
}

fn make(path: &Path, ambient: &Ambient) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let failed = |reason| KeyError::File { act: "write", path: path.into(), reason };
    let key = Zeroizing::new(ambient.bytes::<32>());
    let text = Zeroizing::new(format!("{MARK}{}\n", STANDARD.encode(*key)));
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return read(path),
        result => result.map_err(failed)?,
    };
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(key)
}

fn read(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let failed = |reason| KeyError::File { act: "read", path: path.into(), reason };
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        return Err(KeyError::TooOpen { path: path.into() });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(failed)?;
    let malformed = || KeyError::Malformed { path: path.into() };
    let encoded = text.trim_end().strip_prefix(MARK).ok_or_else(malformed)?;
    let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| malformed())?);
    Ok(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| malformed())?))
}

impl KeyProvider for LocalKeys {
    fn name(&self) -> &'static str {
        "local"
    }

    fn generate<'a>(&'a self, context: &'a KeyContext) -> BoxFuture<'a, Result<(DataKey, Vec<u8>), KeyError>> {
        let key = Zeroizing::new(self.ambient.bytes::<32>());
        let wrapped = self.sealer.seal(&context.canonical(), &*key);
        ready(Ok((key, wrapped))).boxed()
    }

    fn wrap<'a>(&'a self, context: &'a KeyContext, key: &'a [u8; 32]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        ready(Ok(self.sealer.seal(&context.canonical(), key))).boxed()
    }

    fn unwrap<'a>(&'a self, context: &'a KeyContext, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey, KeyError>> {
        let plain = self.sealer.open(&context.canonical(), wrapped);
        let key = plain.and_then(|plain| plain.as_slice().try_into().ok()).map(Zeroizing::new);
        ready(key.ok_or(KeyError::Refused)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use turnpike_core::Entropy;

    use super::*;

    #[tokio::test]
    async fn a_key_file_is_made_once_for_its_owner_only_and_unwraps_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("local.key");
        let ambient = Ambient::system();
        let context = KeyContext { tenant: Some(ambient.id()), purpose: "credentials".into() };
        let wrapped = LocalKeys::open(&path, &ambient).unwrap().wrap(&context, &[7; 32]).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);

        let again = LocalKeys::open(&path, &ambient).unwrap();
        assert_eq!(*again.unwrap(&context, &wrapped).await.unwrap(), [7; 32]);
        let foreign = KeyContext { tenant: Some(ambient.id()), ..context };
        assert!(matches!(again.unwrap(&foreign, &wrapped).await, Err(KeyError::Refused)));
    }

    #[test]
    fn a_file_that_others_may_read_or_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("local.key");
        let ambient = Ambient::new(std::sync::Arc::new(turnpike_core::SystemClock), Entropy::seeded(1));
        LocalKeys::open(&path, &ambient).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(LocalKeys::open(&path, &ambient), Err(KeyError::TooOpen { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "something else").unwrap();
        assert!(matches!(LocalKeys::open(&path, &ambient), Err(KeyError::Malformed { .. })));
    }
}
