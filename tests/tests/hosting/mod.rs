//! A host with systemd and nginx, as far as it can be had without either of them in charge: the rendered proxy before real
//! processes, which are handed their sockets as systemd hands them over, and the scripts that a host runs.

mod fetching;
mod paths;
mod proxy;
mod rendering;
mod restarting;
mod smoke;
mod streams;
