//! Agents connect by OAuth.

mod connecting;
