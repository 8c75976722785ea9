//! The pages in a real browser.

mod newcomer;
mod operator;
mod pages;
mod shapes;
mod sso;
