//! What the authorization server refuses, and how.

mod answers;
mod documents;
mod exchanges;
mod forged;
mod inspection;
mod misdirected;
mod refreshing;
mod registrations;
mod senders;
