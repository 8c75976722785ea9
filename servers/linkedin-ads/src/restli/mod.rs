//! Rest.li 2.0 as it stands in URLs: values, and their one encoding.
//!
//! <https://linkedin.github.io/rest.li/spec/protocol>. A URL library must not touch the result: it would encode the
//! parentheses, commas and colons that are structure, or leave those that are text.

mod encode;
mod query;
mod value;

pub(crate) use query::Query;
pub(crate) use value::{Value, list, record, urn};

#[cfg(test)]
mod tests;
