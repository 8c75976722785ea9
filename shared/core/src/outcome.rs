//! How a call ended, in the words of the ledger.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! outcomes {
    ($($(#[doc = $about:literal])+ $name:ident = $text:literal,)*) => {
        /// How a call ended. The price of a call depends on it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Outcome { $($(#[doc = $about])+ $name,)* }

        impl Outcome {
            /// Every outcome, in the order of the price book.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the ledger.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means, in a sentence for people.
            pub fn about(self) -> String {
                match self { $(Self::$name => concat!($($about),+).trim().to_owned(),)* }
            }
        }
    };
}

outcomes! {
    /// The upstream did the work and the agent has the answer.
    Success = "success",
    /// Not done when the call had to be answered: `get_job` goes on with it.
    Pending = "pending",
    /// Answered from a result kept from an earlier call.
    Cached = "cached",
    /// Answered from an earlier result because the upstream failed or asked to wait.
    Stale = "stale",
    /// The same confirmed write, or the same job's result, again: answered with what is stored, nothing sent.
    Replayed = "replayed",
    /// A write's preview: checked, nothing changed.
    DryRun = "dry_run",
    /// Answered by the integration's sandbox.
    Sandbox = "sandbox",
    /// The call could not be done as asked: bad arguments, no permission, cancelled, connection to be renewed.
    CallerFault = "caller_fault",
    /// Refused because the operator has switched it off.
    SwitchedOff = "switched_off",
    /// Refused by a limit, ours or the upstream's.
    Throttled = "throttled",
    /// Refused because the upstream is failing and the breaker is open.
    BreakerOpen = "breaker_open",
    /// The upstream failed.
    UpstreamFault = "upstream_fault",
    /// We failed.
    OurFault = "our_fault",
}

impl Outcome {
    /// Whether the caller did not get what it asked for.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Success
            | Self::Pending
            | Self::Cached
            | Self::Stale
            | Self::Replayed
            | Self::DryRun
            | Self::Sandbox => false,
            Self::CallerFault
            | Self::SwitchedOff
            | Self::Throttled
            | Self::BreakerOpen
            | Self::UpstreamFault
            | Self::OurFault => true,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|o| o.as_str() == text).ok_or_else(|| format!("`{text}` is no outcome"))
    }
}
