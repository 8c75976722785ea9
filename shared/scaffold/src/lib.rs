//! What `turnpike new` writes, a whole integration with a working sandbox from which an author goes on, and what
//! `turnpike certify` signs.
//!
//! What is written stands in `template/`, an integration for each auth shape.

mod catalogue;
pub mod certificate;
mod checkout;
mod name;
mod new;
mod shape;
mod template;

pub use checkout::{Checkout, CheckoutError};
pub use name::{Name, NameError};
pub use new::{NewError, Order, Written, create};
pub use shape::Shape;
