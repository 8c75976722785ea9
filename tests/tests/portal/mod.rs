//! The portal: who gets in, who may do what, and what each page shows and does. `tests/browser` looks at the same pages.

mod billing;
mod calls;
mod catalog;
mod changes;
mod console;
mod files;
mod mail;
mod money;
mod people;
mod permissions;
mod rules;
mod strangers;
mod templates;
mod usage;
mod white_label;
