//! A key in AWS KMS. It never leaves AWS: data keys are made, wrapped and unwrapped there.

use std::{collections::HashMap, time::Duration};

use aws_config::{
    BehaviorVersion, Region, default_provider::credentials::default_provider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_kms::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::DataKeySpec,
};
use futures_util::future::{BoxFuture, FutureExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use turnpike_core::Timestamp;
use zeroize::{Zeroize as _, Zeroizing};

use super::{DataKey, KeyContext, KeyError, KeyProvider};

/// How long one question may take, and all attempts together: a call waits for them.
const ATTEMPT: Duration = Duration::from_secs(2);
const ALTOGETHER: Duration = Duration::from_secs(3);
/// How often a question is asked when the first answer is none, or "later".
const ATTEMPTS: u32 = 2;

/// Where the key is.
#[derive(Clone, Debug)]
pub struct KmsPlace {
    /// ARN, id or alias of the key.
    pub key: String,
    /// Region; empty for that of the ARN, or what AWS programs go by.
    pub region: String,
    /// Another address of KMS; empty for AWS's own.
    pub endpoint: String,
    /// Part of what each wrapped key is bound to.
    pub environment: String,
    /// As whom we ask; none for what AWS programs find on this machine.
    pub access: Option<KmsAccess>,
}

/// An access key of AWS.
#[derive(Clone, Debug)]
pub struct KmsAccess {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// Wraps data keys under a key in AWS KMS.
pub struct KmsKeys {
    client: Client,
    key: String,
    environment: String,
}

impl KmsKeys {
    /// Looks for region and credentials. KMS itself is not asked yet.
    ///
    /// # Errors
    /// When no region can be found.
    pub async fn open(place: KmsPlace) -> Result<Self, KeyError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(ATTEMPT / 2)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(ALTOGETHER)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        if let Some(region) = region(&place) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if !place.endpoint.is_empty() {
            loader = loader.endpoint_url(&place.endpoint);
        }
        loader = match &place.access {
            Some(KmsAccess { id, secret }) => {
                let own = Credentials::new(id, secret.expose_secret(), None, None, "settings");
                loader.credentials_provider(SharedCredentialsProvider::new(own))
            }
            // Asked for here, so that no provider is built before it is clear that it is needed.
            None => loader.credentials_provider(default_provider().await),
        };
        let config = loader.load().await;
        if config.region().is_none() {
            let reason = "no region was found: set `vault.kms_region`, or `vault.kms_key` to an ARN".into();
            return Err(KeyError::Unusable { reason });
        }
        Ok(Self { client: Client::new(&config), key: place.key, environment: place.environment })
    }

    /// AWS binds these to the wrapped key and writes them into its own log (CloudTrail): no secret may stand in them.
    fn context(&self, context: &KeyContext) -> HashMap<String, String> {
        HashMap::from([
            ("tenant".to_owned(), context.tenant()),
            ("purpose".to_owned(), context.purpose.clone()),
            ("environment".to_owned(), self.environment.clone()),
        ])
    }
}

/// As set, or as the ARN says: `arn:aws:kms:REGION:ACCOUNT:key/ID`.
fn region(place: &KmsPlace) -> Option<&str> {
    let of_arn = || place.key.strip_prefix("arn:")?.split(':').nth(2);
    Some(place.region.as_str()).filter(|set| !set.is_empty()).or_else(of_arn)
}

impl KeyProvider for KmsKeys {
    fn name(&self) -> &'static str {
        "aws-kms"
    }

    fn generate<'a>(&'a self, context: &'a KeyContext) -> BoxFuture<'a, Result<(DataKey, Vec<u8>), KeyError>> {
        async move {
            let ask = self.client.generate_data_key().key_id(&self.key).key_spec(DataKeySpec::Aes256);
            let answer = ask.set_encryption_context(Some(self.context(context))).send().await.map_err(failure)?;
            Ok((plain(answer.plaintext)?, wrapped(answer.ciphertext_blob)?))
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, context: &'a KeyContext, key: &'a [u8; 32]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        async move {
            let ask = self.client.encrypt().key_id(&self.key).plaintext(Blob::new(key.as_slice()));
            let answer = ask.set_encryption_context(Some(self.context(context))).send().await.map_err(failure)?;
            wrapped(answer.ciphertext_blob)
        }
        .boxed()
    }

    /// KMS knows by the ciphertext which key it was: what a former `vault.kms_key` has wrapped opens too, as long as the role
    /// may use that key.
    fn unwrap<'a>(&'a self, context: &'a KeyContext, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey, KeyError>> {
        async move {
            let ask = self.client.decrypt().ciphertext_blob(Blob::new(wrapped));
            let answer = ask.set_encryption_context(Some(self.context(context))).send().await.map_err(failure)?;
            plain(answer.plaintext)
        }
        .boxed()
    }
}

/// A key in clear. The buffers of the HTTP client that it came through are not ours to wipe.
fn plain(blob: Option<Blob>) -> Result<DataKey, KeyError> {
    let mut bytes = blob.map(Blob::into_inner).unwrap_or_default();
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new);
    bytes.zeroize();
    key.map_err(|_| KeyError::Unusable { reason: "it gave no key of 32 bytes".into() })
}

fn wrapped(blob: Option<Blob>) -> Result<Vec<u8>, KeyError> {
    blob.map(Blob::into_inner).ok_or_else(|| KeyError::Unusable { reason: "it gave no wrapped key".into() })
}

/// What went wrong, by the names of <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html> and of each
/// operation.
fn failure<E>(error: SdkError<E>) -> KeyError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let unreachable = |reason| KeyError::Unreachable { reason, retry_at: Timestamp::from_micros(0) };
    match &error {
        SdkError::TimeoutError(_) => unreachable(format!("AWS KMS did not answer within {} s", ALTOGETHER.as_secs())),
        SdkError::ServiceError(answer) => {
            let meta = answer.err().meta();
            let code = meta.code().unwrap_or("no code");
            let reason = meta.message().map_or_else(|| code.to_owned(), |words| format!("{code}: {words}"));
            match code {
                "InvalidCiphertextException" | "IncorrectKeyException" => KeyError::Refused,
                "DisabledException" => KeyError::Disabled { reason },
                "KMSInvalidStateException" if reason.contains("pending deletion") => {
                    KeyError::PendingDeletion { reason }
                }
                "NotFoundException" => KeyError::NoSuchKey { reason },
                "AccessDeniedException" => KeyError::AccessDenied { reason },
                "ExpiredTokenException"
                | "IncompleteSignature"
                | "IncompleteSignatureException"
                | "InvalidClientTokenId"
                | "InvalidSignatureException"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenException"
                | "UnrecognizedClientException" => KeyError::NoCredentials { reason },
                "DependencyTimeoutException"
                | "KMSInternalException"
                | "KeyUnavailableException"
                | "ThrottlingException" => unreachable(reason),
                _ if answer.raw().status().is_server_error() => unreachable(reason),
                _ => KeyError::Unusable { reason },
            }
        }
        SdkError::ResponseError(_) => unreachable("AWS KMS gave no usable answer".into()),
        SdkError::DispatchFailure(failure) => {
            let words = DisplayErrorContext(&error).to_string();
            if words.contains("CredentialsError") || words.contains("no providers in chain") {
                KeyError::NoCredentials { reason: "no credentials were found, or they could not be fetched".into() }
            } else if failure.is_timeout() {
                unreachable("AWS KMS did not take the connection in time".into())
            } else {
                unreachable("no connection to AWS KMS".into())
            }
        }
        _ => KeyError::Unusable { reason: DisplayErrorContext(&error).to_string() },
    }
}
