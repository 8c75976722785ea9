//! Agents connect by OAuth.

mod connecting;
mod doctor;
mod grants;
mod hosts;
mod refused;
mod replicas;
mod scene;
mod services;
