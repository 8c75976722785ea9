//! The tools and the sandbox, held against each other.

// `cfg(test)` tells the lints that these are tests throughout, helpers too.
#[cfg(test)]
mod bench;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod strictness;
#[cfg(test)]
mod writes;
