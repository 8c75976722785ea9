//! How far writes may go.

use crate::Micros;

/// How far writes through one connection may go. Amounts are for a day or for a whole time, in the account's currency.
/// Pausing and lowering are never stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WritePolicy {
    /// No amount is raised above this.
    pub max_amount: Micros,
    /// No amount is raised by more percent at once.
    pub max_rise_percent: i64,
    /// A person must approve a rise above this amount.
    pub approve_amount: Micros,
    /// A person must approve a rise by more percent.
    pub approve_rise_percent: i64,
    /// A person must approve that something begins to spend.
    pub approve_starts: bool,
}
