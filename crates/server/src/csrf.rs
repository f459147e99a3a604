//! Against forged requests: the origin is checked, and every form of a signed-in page carries a
//! token that belongs to the session.

use std::borrow::Cow;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::secrets::{Purpose, Secrets, random_bytes};
use crate::sessions::Key;

/// The form field.
pub const FIELD: &str = "csrf";
/// The header for scripts.
pub const HEADER: &str = "x-csrf-token";

/// A token for a session. It is masked anew each time, so that a compressed page does not leak
/// it by its length.
pub fn token(secrets: &Secrets, session: &Key) -> String {
    let mac = secrets.mac(Purpose::Csrf, session);
    let mask: [u8; 32] = random_bytes();
    let mut bytes = [0_u8; 64];
    bytes[..32].copy_from_slice(&mask);
    for at in 0..32 {
        bytes[32 + at] = mac[at] ^ mask[at];
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a token belongs to the session.
pub fn verify(secrets: &Secrets, session: &Key, token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
    let Ok(bytes) = <[u8; 64]>::try_from(bytes) else { return false };
    let mut mac = [0_u8; 32];
    for at in 0..32 {
        mac[at] = bytes[at] ^ bytes[32 + at];
    }
    mac.ct_eq(&secrets.mac(Purpose::Csrf, session)).into()
}

/// The token in a form body or query.
pub fn field(form: &[u8]) -> Option<Cow<'_, str>> {
    form_urlencoded::parse(form).find(|(name, _)| name == FIELD).map(|(_, value)| value)
}

/// Whether the browser says that the request comes from our own pages. A caller that says
/// nothing is no browser of today.
pub fn same_origin(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return true };
    let host_of =
        |url: &str| url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/').to_owned());
    let Some(origin) = host_of(origin) else { return false };
    text(HOST.as_str()).is_some_and(|host| host == origin)
        || public_url.and_then(host_of).is_some_and(|host| host == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_only_and_never_looks_the_same() {
        let secrets = Secrets::from_root([3; 32]);
        let (mine, other) = ([1; 32], [2; 32]);
        let one = token(&secrets, &mine);
        assert_ne!(one, token(&secrets, &mine));
        assert!(verify(&secrets, &mine, &one));
        assert!(!verify(&secrets, &other, &one));
        assert!(!verify(&secrets, &mine, ""));
        assert!(!verify(&secrets, &mine, &one[1..]));
        assert!(!verify(&secrets, &mine, &URL_SAFE_NO_PAD.encode([0; 64])));
    }

    #[test]
    fn other_origins_are_told_apart() {
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a header"));
            }
            same_origin(&headers, Some("https://songhua.example"))
        };
        assert!(with(&[]));
        assert!(with(&[("sec-fetch-site", "same-origin")]));
        assert!(!with(&[("sec-fetch-site", "cross-site")]));
        assert!(!with(&[("sec-fetch-site", "same-site"), ("origin", "https://songhua.example")]));
        assert!(with(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(with(&[("origin", "https://songhua.example"), ("host", "10.0.0.7:8080")]));
        assert!(!with(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")]));
        assert!(!with(&[("origin", "null"), ("host", "127.0.0.1:8080")]));
    }

    #[test]
    fn the_token_is_found_in_a_form() {
        assert_eq!(field(b"a=1&csrf=x%2By&b=2").as_deref(), Some("x+y"));
        assert_eq!(field(b"a=1"), None);
    }
}
