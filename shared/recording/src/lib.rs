//! A tool's call recorded from a live vendor, without its client's data, and played again.
//!
//! What is recorded lies between a tool and its way out: requests before a credential is put on, answers after they were
//! found good. [`record`] replaces whatever may be a client's and lets the tool run once more on what is left; the requests
//! and the answer of a recording are those of that second run, so that they hold nothing which the first one alone has seen.

mod call;
mod fixture;
mod leaks;
mod play;
mod record;
mod recorder;
mod replay;
mod scrub;

pub use call::PATIENCE;
pub use fixture::{Content, Exchange, FORMAT, Outcome, Recording, Told};
pub use leaks::Leak;
pub use record::{Order, Refusal, check_reads, record};
pub use replay::{Difference, replay};
