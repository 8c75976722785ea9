//! `turnpike new`, as a library.

// `cfg(test)` tells the lints that these are tests throughout, helpers too.
#[cfg(test)]
mod writing;
