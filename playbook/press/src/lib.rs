//! What fills the playbook from the code: figures in any page, the pages of the part *Reference*, and checks of what pages
//! link to and of the commands that they print.

pub mod book;
pub mod commands;
mod facts;
pub mod links;
pub mod pages;
mod placeholder;
pub mod reference;

pub use facts::Facts;
pub use placeholder::{Problem, fill};
