//! One drawing of the board for all who look at the same one: 5,000 open boards ask at once when
//! something changed, and the store is read once, and what it gives is packed once.

use std::collections::HashMap;
use std::future::Future;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use types::AreaScope;

use crate::Fault;
use crate::i18n::{Lang, Speaks};
use crate::seat::Seat;

/// How long a drawing is good while nothing is announced: clocks run also when nobody does anything.
const GOOD: Duration = Duration::from_secs(5);
/// Drawings that are kept; more are of areas that nobody looks at now.
const KEPT: usize = 256;

/// Areas, whether the address names them (links keep that), language, and the roles by which links
/// are shown or not.
type Key = (AreaScope, bool, Lang, Vec<&'static str>);

/// A drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// As it is shown.
    pub html: Arc<str>,
    /// Packed, for those who take it so.
    pub gzip: Bytes,
    /// When it was read, as the page says it.
    pub as_of: Arc<str>,
}

impl Drawing {
    fn of(seat: &Seat, html: String) -> Result<Drawing, Fault> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = encoder.write_all(html.as_bytes()).and_then(|()| encoder.finish());
        let gzip = packed.map_err(Fault::internal)?.into();
        let as_of = seat.time(seat.now()).to_string().into();
        Ok(Drawing { html: html.into(), gzip, as_of })
    }

    /// The drawing as the part of a page that is asked for alone.
    pub fn answer(&self, seat: &Seat) -> Response {
        let as_of = [("x-as-of", self.as_of.to_string())];
        let html = [(CONTENT_TYPE, "text/html; charset=utf-8"), (VARY, "accept-encoding")];
        if seat.takes_gzip() {
            let packed = [(CONTENT_ENCODING, "gzip")];
            return (as_of, html, packed, self.gzip.clone()).into_response();
        }
        (as_of, html, self.html.to_string()).into_response()
    }
}

#[derive(Clone)]
struct Drawn {
    drawing: Drawing,
    /// The announcements that had been made before it was read.
    rings: u64,
    at: Instant,
}

type Slot = Arc<tokio::sync::Mutex<Option<Drawn>>>;

/// The drawings.
#[derive(Default)]
pub struct Shared {
    slots: Mutex<HashMap<Key, Slot>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT && !slots.contains_key(&key) {
            slots.clear();
        }
        slots.entry(key).or_default().clone()
    }

    /// The drawing for a caller. It is good as long as nothing has been announced since it was read:
    /// whoever asks because of an announcement gets one that was read after it.
    ///
    /// # Errors
    /// The [`Fault`] of who draws it.
    pub async fn get(
        &self,
        seat: &Seat,
        draw: impl Future<Output = Result<String, Fault>>,
    ) -> Result<Drawing, Fault> {
        let roles = seat.somebody().map_or_else(Vec::new, |actor| {
            let mut roles: Vec<&'static str> =
                actor.grants.iter().map(|grant| grant.role.as_str()).collect();
            roles.sort_unstable();
            roles.dedup();
            roles
        });
        let slot = self.slot((seat.scope(), seat.area_chosen(), seat.lang(), roles));
        let mut drawn = slot.lock().await;
        let rings = seat.app().hub().rings();
        if let Some(known) = drawn.as_ref()
            && known.rings == rings
            && known.at.elapsed() < GOOD
        {
            return Ok(known.drawing.clone());
        }
        let at = Instant::now();
        let drawing = Drawing::of(seat, draw.await?)?;
        *drawn = Some(Drawn { drawing: drawing.clone(), rings, at });
        Ok(drawing)
    }
}
