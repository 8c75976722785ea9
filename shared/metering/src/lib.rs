//! Metering: what a call costs, and the ledger that says so before the answer leaves.

mod arguments;
mod ledger;
mod prices;
mod recovery;

pub use arguments::ArgumentsKeeper;
pub use ledger::{Ledger, LedgerError};
pub use prices::{Price, PriceBook};
pub use recovery::record_interrupted;
