//! What any KMS must do for the vault: tried against our own and against `moto`.

use turnpike_core::{Ambient, TenantId};
use turnpike_vault::{KeyContext, KeyError, KeyProvider, KmsKeys, KmsPlace};

/// Goes through it with a key, and with another one for the rotation.
pub(crate) async fn holds(place: &KmsPlace, other_key: &str) {
    let (ours, ambient) = (KmsKeys::open(place.clone()).await.unwrap(), Ambient::system());
    let (one, two) = (ambient.id::<TenantId>(), ambient.id::<TenantId>());
    let context = |tenant, purpose: &str| KeyContext { tenant, purpose: purpose.into() };
    let home = context(Some(one), "credentials/1");

    // Envelope: two keys are never the same, and what is stored is neither of them.
    let (key, wrapped) = ours.generate(&home).await.unwrap();
    let (another, _) = ours.generate(&home).await.unwrap();
    assert_ne!(*key, *another);
    assert!(!wrapped.windows(16).any(|window| key.windows(16).any(|part| part == window)));
    assert_eq!(*ours.unwrap(&home, &wrapped).await.unwrap(), *key);
    let rewrapped = ours.wrap(&home, &key).await.unwrap();
    assert_ne!(rewrapped, wrapped);
    assert_eq!(*ours.unwrap(&home, &rewrapped).await.unwrap(), *key);

    // Context: another tenant, none, another purpose, another environment, a byte.
    for foreign in
        [context(Some(two), "credentials/1"), context(None, "credentials/1"), context(Some(one), "credentials/2")]
    {
        let refused = ours.unwrap(&foreign, &wrapped).await;
        assert!(matches!(refused, Err(KeyError::Refused)), "{foreign:?}: {refused:?}");
    }
    let elsewhere = KmsKeys::open(KmsPlace { environment: "other".into(), ..place.clone() }).await.unwrap();
    assert!(matches!(elsewhere.unwrap(&home, &wrapped).await, Err(KeyError::Refused)));
    let mut changed = wrapped.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(matches!(ours.unwrap(&home, &changed).await, Err(KeyError::Refused)));

    // Rotation: what the former key has wrapped opens when another is the present one.
    let next = KmsKeys::open(KmsPlace { key: other_key.into(), ..place.clone() }).await.unwrap();
    assert_eq!(*next.unwrap(&home, &wrapped).await.unwrap(), *key);
    let (_, wrapped) = next.generate(&home).await.unwrap();
    ours.unwrap(&home, &wrapped).await.unwrap();

    // A key that is not there.
    let missing = KmsPlace { key: "00000000-0000-4000-8000-000000000000".into(), ..place.clone() };
    let refused = KmsKeys::open(missing).await.unwrap().generate(&home).await.map(drop);
    assert!(matches!(refused, Err(KeyError::NoSuchKey { .. })), "{refused:?}");
}
