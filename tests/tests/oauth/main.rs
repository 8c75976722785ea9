//! Agents connect by OAuth.

mod connecting;
mod hosts;
