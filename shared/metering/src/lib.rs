//! Metering: who is served, what a call costs, and the ledger that says so before the answer leaves.

mod admission;
mod arguments;
mod books;
mod ledger;
mod prices;
mod rating;
mod recovery;

pub use admission::{Admission, Charge, Denied, Period, Quota, Reservation, Standing, WhoseCap, standing};
pub use arguments::ArgumentsKeeper;
pub use books::{Books, NOTICE};
pub use ledger::{Ledger, LedgerError};
pub use prices::{Price, PriceBook};
pub use rating::{TierCharge, payable, rate, tiers};
pub use recovery::record_interrupted;
