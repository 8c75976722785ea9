//! Agents connect by OAuth.

mod connecting;
mod hosts;
mod refused;
mod replicas;
mod scene;
