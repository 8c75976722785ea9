//! All key providers at once: the present one wraps what is new, each opens what it has wrapped.

use std::sync::Arc;

use turnpike_core::Ambient;
use turnpike_store::Store;

use super::{DataKey, KeyContext, KeyError, KeyProvider, KeyTrouble, LocalKeys, health::Health};

/// The key providers of a deployment, and where the wrapped data keys are kept.
pub struct Keyring {
    present: Arc<dyn KeyProvider>,
    former: Vec<Arc<dyn KeyProvider>>,
    kept_in: Option<Store>,
    health: Health,
}

impl Keyring {
    /// With this provider alone.
    pub fn new(present: Arc<dyn KeyProvider>) -> Self {
        Self { present, former: vec![], kept_in: None, health: Health::default() }
    }

    /// Also opens what that provider has wrapped.
    #[must_use]
    pub fn with_former(mut self, former: Arc<dyn KeyProvider>) -> Self {
        self.former.push(former);
        self
    }

    /// Keeps wrapped data keys in a database of their own. Those that are in the main one still open.
    #[must_use]
    pub fn kept_in(self, store: Store) -> Self {
        Self { kept_in: Some(store), ..self }
    }

    pub(crate) fn take_store(&mut self) -> Option<Store> {
        self.kept_in.take()
    }

    /// Name of the provider that wraps what is new.
    pub(crate) fn present(&self) -> &'static str {
        self.present.name()
    }

    pub(crate) fn trouble(&self) -> Option<KeyTrouble> {
        self.health.trouble()
    }

    pub(crate) async fn generate(
        &self,
        ambient: &Ambient,
        context: &KeyContext,
    ) -> Result<(DataKey, Vec<u8>), KeyError> {
        self.health.check(ambient.now())?;
        let result = self.present.generate(context).await;
        self.health.note(ambient.now(), result)
    }

    pub(crate) async fn wrap(
        &self,
        ambient: &Ambient,
        context: &KeyContext,
        key: &[u8; 32],
    ) -> Result<Vec<u8>, KeyError> {
        self.health.check(ambient.now())?;
        let result = self.present.wrap(context, key).await;
        self.health.note(ambient.now(), result)
    }

    /// Unwraps by the provider of that name. The log tells of each key that was asked for, and for whom.
    pub(crate) async fn unwrap(
        &self,
        ambient: &Ambient,
        name: &str,
        context: &KeyContext,
        wrapped: &[u8],
    ) -> Result<DataKey, KeyError> {
        let mut all = std::iter::once(&self.present).chain(&self.former);
        let provider =
            all.find(|provider| provider.name() == name).ok_or_else(|| KeyError::NoProvider { name: name.into() })?;
        let result = if name == self.present.name() {
            self.health.check(ambient.now())?;
            let result = provider.unwrap(context, wrapped).await;
            self.health.note(ambient.now(), result)
        } else {
            provider.unwrap(context, wrapped).await
        };
        tracing::debug!(
            tenant_id = context.tenant(),
            purpose = context.purpose,
            provider = name,
            opened = result.is_ok(),
            "a wrapped key was unwrapped"
        );
        result
    }
}

impl From<Arc<dyn KeyProvider>> for Keyring {
    fn from(present: Arc<dyn KeyProvider>) -> Self {
        Self::new(present)
    }
}

impl From<Arc<LocalKeys>> for Keyring {
    fn from(present: Arc<LocalKeys>) -> Self {
        Self::new(present)
    }
}
