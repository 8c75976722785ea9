//! What every integration of the catalogue must be, tried on each of them: one that a fork adds is tried too. So are those that
//! `turnpike new` writes.

mod faults;
mod limits;
mod listing;
mod pages;
mod readme;
mod recorded;
mod scene;
mod strictness;
mod wire;
mod writes;
