//! Time and randomness, passed in.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Clock, SystemClock, Timestamp};

/// Where random bytes come from.
#[derive(Clone)]
pub enum Entropy {
    /// The operating system, through the cryptographic library.
    System,
    /// A repeatable sequence. For tests only: anyone who knows the seed knows every byte.
    Seeded(Arc<Mutex<u64>>),
}

impl Entropy {
    /// A repeatable source for tests.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(seed)))
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing can be sealed or named without it.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        match self {
            #[expect(clippy::expect_used, reason = "no key, nonce or id is safe without randomness")]
            Self::System => aws_lc_rs::rand::fill(&mut out).expect("the operating system gives random bytes"),
            Self::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for chunk in out.chunks_mut(8) {
                    let word = split_mix(&mut state).to_le_bytes();
                    chunk.copy_from_slice(&word[..chunk.len()]);
                }
            }
        }
        out
    }
}

/// SplitMix64, the usual small generator for seeding.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The clock and the randomness of one process, handed to whatever needs them.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    entropy: Entropy,
}

impl Ambient {
    /// The machine's clock and randomness.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Entropy::System }
    }

    /// A chosen clock and randomness, for tests.
    pub fn new(clock: Arc<dyn Clock>, entropy: Entropy) -> Self {
        Self { clock, entropy }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        self.entropy.bytes()
    }

    /// A new id: UUID version 7, so ids sort by the time of their making.
    pub fn id<Id: From<uuid::Uuid>>(&self) -> Id {
        let millis = u64::try_from(self.now().micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid().into()
    }
}
