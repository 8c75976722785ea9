//! Reports of the certification suite, signed.

mod events;
mod folder;
mod key;
mod report;
mod signed;

pub use events::{Event, read_event};
pub use folder::{Contents, Difference};
pub use key::{CertifyKey, KeyError, PublicKey};
pub use report::{Outcome, Pin, Report, Test, Toolchain};
pub use signed::{Forged, Signed, sign};
