//! Photos that prove receipts: which are expected, who may bring one, whether it has come.
//!
//! The journal has the photo's hash, with the receipt, and that the photo has come, with its size and who brought it.
//! The picture itself is in neither: it shows somebody's door, so it is kept for some days only, and what is to go
//! away cannot lie in a journal that keeps everything. It is sealed and lies beside, as what laboratories sent and the
//! remarks of imports do, in the one table of this desk that is not derived ([`crate::tables::photos`]). It is written
//! before the command that says so is sent: what is recorded as having come is there, whatever breaks off between.

use std::fmt;

use ledger::{Decision, Entry, Result, by_area};
use serde::{Deserialize, Serialize};
use store::{Connection, Row, Value};
use types::{AreaScope, HolderCode, HouseholdId, Micros, PlaceCode, Refusal, Span, UnitId};

use crate::command::Command;
use crate::event::Event;
use crate::orders::{Order, OrderEvent};
use crate::rows::place;
use crate::rules::{Decided, Facts};
use crate::state::State;
use crate::tables::photos as tables;

/// The largest photo that is taken: what a telephone makes of 1,280 pixels is well below. A setting of this program.
pub const PHOTO_BYTES: usize = 300 << 10;
/// How long a photo is kept after the receipt that it proves: a setting of this program, no rule was found that says
/// how long proofs of delivery are kept.
pub const PHOTO_KEPT: Span = Span::days(30);
/// A photo that has not come so long after its receipt is on the list of those that are missing: a setting of this
/// program, the length of a shift without network.
pub const PHOTO_WITHIN: Span = Span::hours(12);

/// The SHA-256 of a photo's bytes; hexadecimal in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoHash(pub [u8; 32]);

impl PhotoHash {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// `photo-hash-wrong`.
    pub fn parse(text: &str) -> std::result::Result<PhotoHash, Refusal> {
        let wrong = || Refusal::new("photo-hash-wrong");
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(PhotoHash(hash))
    }
}

impl fmt::Display for PhotoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PhotoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PhotoHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PhotoHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        PhotoHash::parse(&text).map_err(|_| serde::de::Error::custom("a hash has 64 digits"))
    }
}

/// What a picture is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Image {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/webp`.
    Webp,
}

impl Image {
    /// What bytes are by how they begin, whatever their sender calls them. Anything else (SVG and HTML above all,
    /// which can hold a program) is no photo.
    pub fn of(bytes: &[u8]) -> Option<Image> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Image::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Image::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Image::Webp),
            _ => None,
        }
    }

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Image::Jpeg => "jpeg",
            Image::Png => "png",
            Image::Webp => "webp",
        }
    }

    fn parse(text: &str) -> Option<Image> {
        [Image::Jpeg, Image::Png, Image::Webp].into_iter().find(|image| image.as_str() == text)
    }

    /// What a browser is told.
    pub const fn media_type(self) -> &'static str {
        match self {
            Image::Jpeg => "image/jpeg",
            Image::Png => "image/png",
            Image::Webp => "image/webp",
        }
    }
}

/// The photo that a receipt names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// The order that was received.
    pub order: UnitId,
    /// By whom.
    pub household: HouseholdId,
    /// Where.
    pub place: PlaceCode,
    /// The hash that the receipt names.
    pub hash: PhotoHash,
    /// Who brought the goods.
    pub carrier: Option<HolderCode>,
    /// When they were received.
    pub at: Micros,
    /// Who recorded that.
    pub by: String,
    /// Since when the photo is here.
    pub came: Option<Came>,
}

/// A photo that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// When.
    pub at: Micros,
    /// Who brought it.
    pub by: String,
    /// What it is made of.
    pub image: Image,
    /// How large it is.
    pub bytes: i64,
}

impl Photo {
    /// Whether its days are over: what came is removed, what has not come is not waited for any more.
    pub fn is_over(&self, now: Micros) -> bool {
        now >= self.at + PHOTO_KEPT
    }

    /// Whether somebody may bring these bytes now: who recorded the receipt, or who works for the vehicle or as the
    /// volunteer that brought the goods.
    ///
    /// # Errors
    /// `photo-not-yours`, `photo-hash-differs`, `photo-too-late`.
    pub fn may_come(
        &self,
        hash: PhotoHash,
        user: &str,
        holder: Option<&HolderCode>,
        now: Micros,
    ) -> std::result::Result<(), Refusal> {
        if self.by != user && (holder.is_none() || holder != self.carrier.as_ref()) {
            return Err(Refusal::new("photo-not-yours").with("order", self.order));
        }
        if hash != self.hash {
            return Err(Refusal::new("photo-hash-differs")
                .with("order", self.order)
                .by_rule("supply.photo-of-its-receipt"));
        }
        if self.is_over(now) {
            return Err(Refusal::new("photo-too-late")
                .with("days", PHOTO_KEPT.0 / Span::days(1).0)
                .by_rule("supply.photo-kept"));
        }
        Ok(())
    }
}

/// What is wrong with bytes as a photo, whatever receipt they belong to.
///
/// # Errors
/// `photo-too-large`, `photo-not-an-image`.
pub fn photo_of(bytes: &[u8]) -> std::result::Result<Image, Refusal> {
    if bytes.len() > PHOTO_BYTES {
        return Err(Refusal::new("photo-too-large").with("limit", PHOTO_BYTES >> 10));
    }
    Image::of(bytes).ok_or_else(|| Refusal::new("photo-not-an-image"))
}

/// That an order's receipt names no photo.
pub fn not_expected(order: UnitId) -> Refusal {
    Refusal::new("photo-not-expected").with("order", order)
}

/// A photo has come. One that comes twice is there once.
pub(crate) fn come(
    facts: &Facts<'_, Command>,
    order: UnitId,
    hash: PhotoHash,
    image: Image,
    bytes: i64,
) -> Decided {
    let photo = facts.state.book.photos.get(&order).filter(|_| order.area() == facts.asked.area);
    let photo = photo.ok_or_else(|| not_expected(order))?;
    let actor = facts.asked.actor;
    photo.may_come(hash, &actor.user, actor.holder.as_ref(), facts.at())?;
    if photo.came.is_some() {
        return Ok(Decision::default());
    }
    let event = OrderEvent::PhotoCame { order, image, bytes };
    Ok(Decision::fact(Event::Order(Box::new(event))))
}

/// A receipt names a photo.
pub(crate) fn expected(state: &mut State, entry: &Entry, of: &Order, hash: PhotoHash) {
    let photo = Photo {
        order: of.id,
        household: of.household,
        place: of.place.clone(),
        hash,
        carrier: of.carrier.clone(),
        at: entry.event_time,
        by: entry.actor.clone(),
        came: None,
    };
    count(state, &photo, (1, 0, 0));
    state.book.photos.put(of.id, photo);
}

/// It has come.
pub(crate) fn came(state: &mut State, entry: &Entry, order: UnitId, image: Image, bytes: i64) {
    let Some(mut photo) = state.book.photos.get(&order).cloned() else { return };
    let (at, by) = (entry.event_time, entry.actor.clone());
    photo.came = Some(Came { at, by, image, bytes });
    count(state, &photo, (0, 1, bytes));
    state.book.photos.put(order, photo);
    state.touched.insert(entry.area);
}

fn count(state: &mut State, photo: &Photo, add: (i64, i64, i64)) {
    let key = (photo.order.area(), photo.at.hour_start());
    let sums = state.book.photo_counts.entry(key).or_default();
    *sums = (sums.0 + add.0, sums.1 + add.1, sums.2 + add.2);
}

impl State {
    /// Loads the photos of receipts.
    pub(crate) async fn load_photos(
        &mut self,
        db: &mut Connection,
        wanted: Vec<UnitId>,
    ) -> Result<()> {
        let ids = self.book.photos.want(wanted);
        for row in db.lookup(&tables::PHOTO_BY_ID, &by_area(&ids)).await? {
            let photo = read(&row)?;
            self.book.photos.found(photo.order, photo);
        }
        Ok(())
    }

    /// Writes what changed of them.
    pub(crate) async fn flush_photos(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        self.book.photos.changed().for_each(|(_, photo)| values(photo, &mut rows));
        db.put(&tables::PHOTO_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((area, hour), (expected, came, bytes)) in &self.book.photo_counts {
            rows.extend([
                (*area).into(),
                (*hour).into(),
                (*expected).into(),
                (*came).into(),
                (*bytes).into(),
            ]);
        }
        db.put(&tables::PHOTO_COUNT_ADD, rows).await.map_err(Into::into)
    }
}

fn read(row: &Row) -> store::Result<Photo> {
    let came = match row.opt_time(7)? {
        None => None,
        Some(at) => Some(Came {
            at,
            by: row.text(8)?.to_owned(),
            image: row.word(9, "Image", Image::parse)?,
            bytes: row.int(10)?,
        }),
    };
    Ok(Photo {
        order: UnitId::from_bytes(row.id(0)?),
        household: HouseholdId::from_bytes(row.id(1)?),
        place: place(row, 2)?,
        hash: row.word(3, "PhotoHash", |text| PhotoHash::parse(text).ok())?,
        carrier: match row.opt_text(4)? {
            None => None,
            Some(_) => Some(row.holder(4)?),
        },
        at: row.time(5)?,
        by: row.text(6)?.to_owned(),
        came,
    })
}

fn values(photo: &Photo, values: &mut Vec<Value>) {
    let came = photo.came.as_ref();
    values.extend([
        photo.order.area().into(),
        photo.order.into(),
        photo.household.into(),
        (&photo.place).into(),
        photo.hash.to_string().into(),
        photo.carrier.as_ref().map(HolderCode::as_str).into(),
        photo.at.into(),
        photo.by.as_str().into(),
        came.map(|came| came.at).into(),
        came.map(|came| came.by.as_str()).into(),
        came.map(|came| came.image.as_str()).into(),
        came.map(|came| came.bytes).into(),
    ]);
}

/// What can be told of photos.
pub(crate) mod views {
    use std::collections::HashMap;

    use ledger::Cursor;

    use super::*;

    /// The photos that these orders' receipts name, by order.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails; as all functions here.
    pub async fn photos(db: &mut Connection, orders: &[UnitId]) -> Result<HashMap<UnitId, Photo>> {
        let rows = db.lookup(&tables::PHOTO_BY_ID, &by_area(orders)).await?;
        let found = rows.iter().map(|row| read(row).map(|photo| (photo.order, photo)));
        found.collect::<store::Result<_>>().map_err(Into::into)
    }

    /// The hours of the receipts whose photos are missing now: the days of those before are over, those after still
    /// have time.
    fn missing_between(now: Micros) -> (Micros, Micros) {
        let before = |span: Span| Micros(now.0.saturating_sub(span.0)).hour_start();
        (before(PHOTO_KEPT) + Span::hours(1), before(PHOTO_WITHIN))
    }

    /// Receipts whose photo has not come for too long, the oldest first.
    ///
    /// # Errors
    /// As [`photos`].
    pub async fn photos_missing(
        db: &mut Connection,
        scope: AreaScope,
        now: Micros,
        after: Option<Cursor<UnitId>>,
        limit: i64,
    ) -> Result<Vec<Photo>> {
        let (low, high) = scope.bounds();
        let (from, before) = missing_between(now);
        let [at, id] = Cursor::values(after);
        let params = [at, id, from.into(), before.into(), low.into(), high.into(), limit.into()];
        let rows = db.query(&tables::PHOTOS_MISSING, &params).await?;
        rows.iter().map(|row| read(row).map_err(Into::into)).collect()
    }

    /// How many photos there are, by the counters.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct PhotoCounts {
        /// How many have not come for too long: the list of [`photos_missing`] is as long.
        pub missing: i64,
        /// How many receipts of the days for which photos are kept name one.
        pub named: i64,
        /// How many of these are here.
        pub here: i64,
        /// How large these are together.
        pub bytes: i64,
    }

    /// How many photos of a scope there are, and how many are missing.
    ///
    /// # Errors
    /// As [`photos`].
    pub async fn photo_counts(
        db: &mut Connection,
        scope: AreaScope,
        now: Micros,
    ) -> Result<PhotoCounts> {
        let (low, high) = scope.bounds();
        let (from, before) = missing_between(now);
        let params = [low.into(), high.into(), from.into(), before.into()];
        let Some(row) = db.first(&tables::PHOTO_COUNTS, &params).await? else {
            return Ok(PhotoCounts::default());
        };
        Ok(PhotoCounts {
            missing: row.int(0)?,
            named: row.int(1)?,
            here: row.int(2)?,
            bytes: row.int(3)?,
        })
    }

    /// A photo as it is kept: sealed.
    ///
    /// # Errors
    /// As [`photos`].
    pub async fn photo_sealed(db: &mut Connection, order: UnitId) -> Result<Option<Vec<u8>>> {
        let params = [order.area().into(), order.into()];
        let row = db.first(&tables::SEALED_ONE, &params).await?;
        row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose().map_err(Into::into)
    }
}

#[cfg(test)]
#[path = "photos_tests.rs"]
mod tests;
