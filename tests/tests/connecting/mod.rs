//! Connecting: by consent at the vendor and by form, choosing accounts, disconnecting; each shape of the catalogue against
//! its sandbox, as a browser would go.

mod accounts;
mod browser;
mod consent;
mod disconnecting;
mod forms;
mod grants;
mod returning;
mod scene;
mod silence;
