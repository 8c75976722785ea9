//! The pages in a real browser.

mod newcomer;
mod operator;
mod pages;
mod programs;
mod shapes;
mod sso;
