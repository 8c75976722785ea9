//! Why a key cannot be used, and what to do about it.

use std::path::PathBuf;

use turnpike_core::Timestamp;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum KeyError {
    #[error("cannot {act} the key file {path}: {reason}")]
    File { act: &'static str, path: PathBuf, reason: std::io::Error },
    #[error("the key file {path} may be read by others; run `chmod 600 {path}`")]
    TooOpen { path: PathBuf },
    #[error(
        "the key file {path} does not hold a Turnpike key; restore it from your backup, the sealed credentials need it"
    )]
    Malformed { path: PathBuf },
    #[error(
        "a wrapped key does not open with the present key: it belongs to another deployment or `environment`, or it was \
         changed; set `vault.kms_key`, or the key file, as it was when the key was wrapped"
    )]
    Refused,
    #[error("the vault's key service cannot be reached: {reason}; nothing is lost, try again after {retry_at}")]
    Unreachable { reason: String, retry_at: Timestamp },
    #[error(
        "AWS KMS does not let us use the key: {reason}; allow the role kms:GenerateDataKey, kms:Encrypt and kms:Decrypt on \
         the key that `vault.kms_key` names"
    )]
    AccessDenied { reason: String },
    #[error(
        "AWS does not know this process: {reason}; give it a role, or the variables AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials { reason: String },
    #[error("the key in AWS KMS is disabled: {reason}; enable it with `aws kms enable-key`")]
    Disabled { reason: String },
    #[error(
        "the key in AWS KMS is to be deleted: {reason}; run `aws kms cancel-key-deletion` and `aws kms enable-key` at once: \
         when it is gone, every credential is lost"
    )]
    PendingDeletion { reason: String },
    #[error(
        "there is no such key in AWS KMS: {reason}; check `vault.kms_key` and `vault.kms_region`. What a deleted key has \
         wrapped is lost: the clients connect again"
    )]
    NoSuchKey { reason: String },
    #[error("AWS KMS refuses: {reason}; check that `vault.kms_key` is a symmetric key for encryption")]
    Unusable { reason: String },
    #[error("a data key is wrapped by `{name}`, which is not set up; {}", mend(name))]
    NoProvider { name: String },
}

impl KeyError {
    /// It ends by itself: from that instant on it is worth asking again.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match self {
            Self::Unreachable { retry_at, .. } => Some(*retry_at),
            _ => None,
        }
    }
}

fn mend(name: &str) -> &'static str {
    match name {
        "local" => {
            "set `vault.key_file` to its key file, and keep it until `turnpike keys list` shows none of its keys"
        }
        "aws-kms" => "set `vault.kms_key`",
        _ => "a newer version of Turnpike knows it",
    }
}
