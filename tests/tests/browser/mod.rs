//! The pages in a real browser.

mod money;
mod newcomer;
mod operator;
mod pages;
mod programs;
mod shapes;
mod sso;
