//! The Google Ads Query Language, as a tree.
//!
//! A query leaves this crate only as the rendering of a [`Query`]: our own are built from fixed names and typed values,
//! an agent's is parsed first, and its text is never forwarded. What the tree cannot say (`OR`, `PARAMETERS`, comments,
//! a second statement) cannot be sent.
//!
//! Grammar: <https://developers.google.com/google-ads/api/docs/query/grammar>.

mod ast;
mod parse;
mod render;
mod token;

pub(crate) use ast::{Comparison, Direction, Literal, Membership, Name, NamedRange, Presence, Query, Test};

#[cfg(test)]
mod tests;
