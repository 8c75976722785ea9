//! The key that signs reports: a file that only its owner reads, made on first use.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use turnpike_core::Digest;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A key pair of ES256.
pub struct CertifyKey(EcdsaKeyPair);

/// The public half, as a JWK.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of RFC 7517")]
pub struct PublicKey {
    pub crv: String,
    pub kty: String,
    pub x: String,
    pub y: String,
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file.
    #[error("the key {path} cannot be read or made: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its mode.
    #[error(
        "others than its owner may read the key {0}: chmod 600 it, and make another one if somebody may have done so"
    )]
    Open(PathBuf),
    /// What it holds.
    #[error(
        "{0} holds no private key of P-256 in PEM (PKCS #8); name another file with --key, or one that is not there"
    )]
    Malformed(PathBuf),
    /// The machine.
    #[error("this machine makes no key or signature")]
    Machine,
}

impl CertifyKey {
    /// The key of a file, which is made with a new one where it is not there.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        match fs::metadata(path) {
            Ok(metadata) if metadata.mode() & 0o077 != 0 => return Err(KeyError::Open(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(failed(error)),
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let body = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let der = body.and_then(|body| STANDARD.decode(body.split_whitespace().collect::<String>()).ok());
        let pair = der.and_then(|der| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok());
        pair.map(Self).ok_or_else(|| KeyError::Malformed(path.to_owned()))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        // 0x04, then both coordinates.
        let point = self.0.public_key().as_ref();
        let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
        let [x, y] = [x, y].map(|half| URL_SAFE_NO_PAD.encode(half));
        PublicKey { crv: "P-256".into(), kty: "EC".into(), x, y }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Machine)?;
        Ok(signature.as_ref().to_vec())
    }
}

fn make(path: &Path) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| KeyError::Machine)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der.as_ref())).as_bytes()).map_err(failed)
}

impl PublicKey {
    /// The thumbprint of RFC 7638, by which people tell keys apart.
    pub fn thumbprint(&self) -> String {
        let Self { crv, kty, x, y } = self;
        let members = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
        URL_SAFE_NO_PAD.encode(Digest::of(members.as_bytes()).as_bytes())
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let [Ok(x), Ok(y)] = [&self.x, &self.y].map(|half| URL_SAFE_NO_PAD.decode(half)) else { return false };
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        let form = (self.crv.as_str(), self.kty.as_str()) == ("P-256", "EC");
        form && UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
    }
}
