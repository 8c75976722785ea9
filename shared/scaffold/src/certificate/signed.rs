//! A report with its signature: a JWS whose payload is the report as it stands in the file, byte for byte.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{CertifyKey, KeyError, PublicKey, Report, report::FORMAT};

/// The header of every signature: base64url of `{"alg":"ES256"}`.
const HEADER: &str = "eyJhbGciOiJFUzI1NiJ9";

/// A report that was found genuine, and the key that signed it.
#[derive(Clone, PartialEq, Debug)]
pub struct Signed {
    /// What it says.
    pub report: Report,
    /// Who says so.
    pub key: PublicKey,
}

/// Why a file proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Forged {
    /// It is something else.
    #[error("it is no report of `turnpike certify`")]
    Unreadable,
    /// The signature is not the report's.
    #[error("it has been changed since it was signed, or was not signed with the key that it names")]
    Signature,
    /// A newer or older form.
    #[error("its form is another than {FORMAT}, which this program reads")]
    Format,
}

#[derive(Serialize, Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    report: &'a RawValue,
    signature: Signature,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    key: PublicKey,
    /// RFC 7515, appendix F: the payload is left out; it is the text of `report`.
    jws: String,
}

/// The text of a signed report.
pub fn sign(report: &Report, key: &CertifyKey) -> Result<String, KeyError> {
    let text = serde_json::to_string_pretty(report).map_err(|_| KeyError::Machine)?;
    let signature = URL_SAFE_NO_PAD.encode(key.sign(&signing_input(&text))?);
    let signature = Signature { key: key.public(), jws: format!("{HEADER}..{signature}") };
    let raw = RawValue::from_string(text).map_err(|_| KeyError::Machine)?;
    let file = serde_json::to_string(&File { report: &raw, signature }).map_err(|_| KeyError::Machine)?;
    Ok(file + "\n")
}

impl Signed {
    /// Reads a signed report; one that is not as it was signed is none.
    pub fn read(text: &str) -> Result<Self, Forged> {
        let File { report, signature: Signature { key, jws } } =
            serde_json::from_str(text).map_err(|_| Forged::Unreadable)?;
        let value = jws.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix(".."));
        let value = value.and_then(|value| URL_SAFE_NO_PAD.decode(value).ok()).ok_or(Forged::Unreadable)?;
        if !key.verifies(&signing_input(report.get()), &value) {
            return Err(Forged::Signature);
        }
        let report: Report = serde_json::from_str(report.get()).map_err(|_| Forged::Format)?;
        if report.format != FORMAT { Err(Forged::Format) } else { Ok(Self { report, key }) }
    }
}

fn signing_input(report: &str) -> Vec<u8> {
    format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(report)).into_bytes()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _};

    use turnpike_core::Timestamp;

    use super::*;
    use crate::certificate::{Contents, Difference, Outcome, Pin, Test, Toolchain};

    fn report(folder: Contents) -> Report {
        let test = Test { name: "a $ b".into(), outcome: Outcome::Passed, seconds: Some(0.25), said: vec![] };
        Report {
            format: FORMAT.into(),
            integration: "one".into(),
            server_version: "0.1.0".into(),
            pin: Pin { version: "v1".into(), ends: "2099-12-31".into() },
            workspace_version: "0.1.0".into(),
            toolchain: Toolchain { rustc: "rustc 1.95.0".into(), runner: "cargo-nextest 0.9".into() },
            folder,
            started: Timestamp::from_micros(1),
            ended: Timestamp::from_micros(2),
            passed: true,
            tests: vec![test],
        }
    }

    #[test]
    fn a_report_is_genuine_until_a_byte_of_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let key = CertifyKey::open(&folder.path().join("deep/key.pem")).unwrap();
        let report = report(Contents { digest: "d".into(), files: BTreeMap::new() });
        let text = sign(&report, &key).unwrap();
        assert_eq!(Signed::read(&text), Ok(Signed { report, key: key.public() }));
        // Every byte, each with its lowest bit turned.
        for at in 0..text.trim_end().len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(Signed::read(&changed).is_err(), "byte {at} of {text}");
        }
    }

    #[test]
    fn somebody_elses_signature_shows_as_another_key() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, theirs] = ["a", "b"].map(|name| CertifyKey::open(&folder.path().join(name)).unwrap());
        let report = report(Contents { digest: "d".into(), files: BTreeMap::new() });
        let signed = Signed::read(&sign(&report, &theirs).unwrap()).unwrap();
        assert_ne!(signed.key.thumbprint(), ours.public().thumbprint());
        let again = CertifyKey::open(&folder.path().join("b")).unwrap();
        assert_eq!(signed.key, again.public(), "a key is made once");
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        CertifyKey::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(CertifyKey::open(&path), Err(KeyError::Open(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "nothing").unwrap();
        assert!(matches!(CertifyKey::open(&path), Err(KeyError::Malformed(_))));
    }

    #[test]
    fn what_has_changed_in_a_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "one");
        write("README.md", "two");
        write("tests/snapshots/tools.snap.new", "not yet looked at");
        let before = Contents::read(folder.path()).unwrap();
        assert_eq!(before.files.len(), 2);
        assert_eq!(before.differences(&Contents::read(folder.path()).unwrap()), []);
        write("src/lib.rs", "one.");
        write("src/tools.rs", "");
        fs::remove_file(folder.path().join("README.md")).unwrap();
        let now = Contents::read(folder.path()).unwrap();
        assert_ne!(before.digest, now.digest);
        let named = [
            Difference::Removed("README.md".into()),
            Difference::Changed("src/lib.rs".into()),
            Difference::Added("src/tools.rs".into()),
        ];
        assert_eq!(before.differences(&now), named);
    }
}
