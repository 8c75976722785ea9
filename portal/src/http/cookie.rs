//! The cookies: the session's, and one that ties a connection attempt to the browser that began it.

use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use turnpike_core::Canonical;

/// Names and reads the portal's cookies. Over https they carry the `__Host-` prefix: no other host can set them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    /// Whether the portal is served over https.
    pub secure: bool,
}

impl Cookies {
    /// The session's cookie.
    pub(crate) const SESSION: &str = "session";
    /// The cookie of an authorization under way.
    pub(crate) const CONNECT: &str = "connect";

    /// A `Set-Cookie` header for random bytes; it ends with the browser or when the server forgets it.
    pub(crate) fn set(self, name: &'static str, secret: &[u8; 32]) -> (http::HeaderName, HeaderValue) {
        self.header(name, &URL_SAFE_NO_PAD.encode(secret), None)
    }

    /// A `Set-Cookie` header that takes the cookie away.
    pub(crate) fn remove(self, name: &'static str) -> (http::HeaderName, HeaderValue) {
        self.header(name, "", Some("; Max-Age=0"))
    }

    /// The bytes that a cookie holds.
    pub(crate) fn read(self, headers: &HeaderMap, name: &'static str) -> Option<[u8; 32]> {
        let all = headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = all.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let value = cookies.find(|cookie| cookie.name() == self.name(name))?.value().to_owned();
        URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
    }

    fn name(self, name: &'static str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn header(self, name: &'static str, value: &str, rest: Option<&str>) -> (http::HeaderName, HeaderValue) {
        let cookie = Cookie::build((self.name(name), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .build();
        let text = format!("{cookie}{}", rest.unwrap_or_default());
        (SET_COOKIE, HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("")))
    }
}

/// What is stored of a secret that a browser or a mail holds. It has 256 random bits: no slow hash is needed.
pub(crate) fn hash(purpose: &str, secret: &[u8; 32]) -> [u8; 32] {
    *Canonical::of(purpose).field(secret).digest().as_bytes()
}
