//! Our own invoices: a month is closed, rated and rendered.

pub(crate) mod calendar;
pub(crate) mod close;
mod credit;
pub(crate) mod issue;
pub(crate) mod lines;
mod pdf;
mod settle;
mod statement;
mod unsubscribed;

pub use credit::credit_left;
pub use statement::StatementLine;
