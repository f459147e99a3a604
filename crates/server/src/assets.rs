//! Files for the browser, inside the program: what the web build left in `web/dist`, and the
//! style sheet and icon, which need no build.
//!
//! Pages name a file through [`Assets::url`], which carries a digest of the content, so it may
//! be cached for ever. The plain name works, too (the field app's own list uses it), and is
//! revalidated with an entity tag.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::Fault;
use crate::access::Policy;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

const STYLES: &str = include_str!("../../../web/src/styles.css");
const ICON: &str = include_str!("icon.svg");

/// One file.
#[derive(Debug)]
pub struct Asset {
    data: Cow<'static, [u8]>,
    kind: &'static str,
    tag: String,
}

/// All files by name.
#[derive(Debug)]
pub struct Assets {
    files: HashMap<String, Asset>,
}

/// The files of this program, read once.
pub fn table() -> &'static Assets {
    static TABLE: OnceLock<Assets> = OnceLock::new();
    TABLE.get_or_init(Assets::load)
}

impl Assets {
    fn load() -> Assets {
        let mut files = HashMap::new();
        for name in Dist::iter() {
            if let Some(file) = Dist::get(&name) {
                files.insert(name.to_string(), Asset::new(&name, file.data));
            }
        }
        files.insert("styles.css".into(), Asset::new("styles.css", STYLES.as_bytes().into()));
        files.insert("icon.svg".into(), Asset::new("icon.svg", ICON.as_bytes().into()));
        Assets { files }
    }

    /// The address of a file for a page; of a file that is not there, the plain name.
    pub fn url(&self, name: &str) -> String {
        self.find(name).unwrap_or_else(|| format!("/assets/{name}"))
    }

    /// The address of a file, if it is there.
    pub fn find(&self, name: &str) -> Option<String> {
        self.files.get(name).map(|asset| format!("/assets/{name}?v={}", asset.tag))
    }

    /// A file by name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.files.get(name)
    }
}

impl Asset {
    fn new(name: &str, data: Cow<'static, [u8]>) -> Asset {
        let digest = Sha256::digest(&data);
        let tag = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Asset { kind: kind_of(name), data, tag }
    }

    /// The file as an answer. `versioned`: the address carried the digest of this content.
    fn answer(&self, headers: &HeaderMap, versioned: bool) -> Response {
        let etag = format!("\"{}\"", self.tag);
        let cache = if versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
        let same = headers.get(IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
        let mut response = if same {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, self.kind)], self.data.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(ETAG, etag);
        }
        response
    }
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/assets/{*name}", Policy::Public, asset).urgent().allowance(None);
    routes.get("/field", Policy::Public, field).urgent().allowance(None);
    routes.get("/field/", Policy::Public, field).urgent().allowance(None);
    routes.get("/field/sw.js", Policy::Public, field_worker).urgent().allowance(None);
    routes.get("/favicon.ico", Policy::Public, icon).urgent().allowance(None);
}

async fn asset(seat: Seat, Path(name): Path<String>, headers: HeaderMap) -> Answer {
    let asset = table().get(&name).ok_or_else(|| Fault::not_found(&name))?;
    let versioned = seat.param("v").as_deref() == Some(asset.tag.as_str());
    Ok(asset.answer(&headers, versioned))
}

async fn icon(headers: HeaderMap) -> Answer {
    let asset = table().get("icon.svg").ok_or_else(|| Fault::not_found("icon.svg"))?;
    Ok(asset.answer(&headers, false))
}

/// The field app's page. It is public: it holds no data, and it must open without network.
async fn field(seat: Seat, headers: HeaderMap) -> Answer {
    if seat.path() == "/field" {
        return Ok(seat.go("/field/"));
    }
    let asset = table().get("field.html").ok_or_else(|| Fault::not_found("field.html"))?;
    Ok(asset.answer(&headers, false))
}

/// The service worker of the field app, allowed to serve everything below `/field/`.
async fn field_worker(headers: HeaderMap) -> Answer {
    let asset = table().get("sw.js").ok_or_else(|| Fault::not_found("sw.js"))?;
    let mut response = asset.answer(&headers, false);
    response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static("/field/"));
    Ok(response)
}
