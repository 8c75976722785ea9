//! Signing up, signing in, proving who one is once more, signing out.

mod confirm;
mod link;
mod links;
mod organisations;
mod passwords;
mod session;
mod sign_in;
mod sign_up;
mod sso;
mod throttle;

pub(crate) use confirm::{confirm, confirm_by_mail, confirm_page};
pub(crate) use link::{open_link, use_link};
pub use links::address_of;
pub(crate) use links::{NewLink, mail_link, secret_of};
pub(crate) use organisations::{choose, found, list as organisations};
pub(crate) use passwords::{Passwords, problem_with};
pub(crate) use session::{begin, leave, renew, sign_out};
pub(crate) use sign_in::{mail_sign_in_link, sign_in, sign_in_page};
pub(crate) use sign_up::{check_mail, check_name, sign_up, sign_up_page};
pub(crate) use sso::{SingleSignOn, callback as sso_callback, start as sso_start};
pub(crate) use throttle::Throttle;
