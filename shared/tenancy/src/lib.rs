//! What people do to a tenant: connect and disconnect accounts, make and revoke keys.
