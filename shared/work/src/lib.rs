//! Background work: claimed by one process, leased, retried, and on schedules that run once however many processes there are.
//!
//! Work is a row (`turnpike_store::WorkItem`). A [`Worker`] knows some [`Kind`]s of it, takes what is due, one process at a time,
//! and lengthens its lease while it runs. A process that is killed loses its leases when they run out, and another one takes
//! over. One whose lease was lost stops what it does: before the lease ends by its own count, without asking anybody.

mod kind;
mod lease;
mod queue;
mod worker;

pub use kind::{Kind, Turn};
pub use queue::Queue;
pub use worker::{Pace, Worker};
