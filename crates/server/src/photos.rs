//! Photos that prove receipts, on their way in, at rest, and out again.
//!
//! They are sealed with the keys of the registry, each for its own order and hash, and lie in a table of the supply
//! desk that is not derived: see [`supply::PhotoHash`] for what the journal has instead. First the bytes are durable,
//! then the command that says that they have come; the answer follows both. Who never hears it sends again, which
//! changes nothing. What is older than its days goes away.

use std::time::Duration;

use ledger::{Operation, Priority};
use sha2::{Digest, Sha256};
use store::{Connection, Value};
use supply::tables::photos::{SEALED_OVER, SEALED_PUT};
use supply::{Command, OrderCommand, PHOTO_KEPT, Photo, PhotoHash, views};
use types::{Micros, Refusal, UnitId};
use zeroize::Zeroizing;

use crate::access::authorise;
use crate::pages::act;
use crate::seat::Seat;
use crate::{App, Fault, periodic};

/// How often it is looked for photos whose days are over.
const PACE: Duration = Duration::from_secs(3_600);
/// Most that go in one transaction.
const MOST: i64 = 200;

/// The hash of a photo's bytes.
pub fn hash_of(bytes: &[u8]) -> PhotoHash {
    PhotoHash(Sha256::digest(bytes).into())
}

/// Takes the photo that an order's receipt names.
///
/// # Errors
/// The refusals of [`supply::photo_of`] and [`Photo::may_come`], `photo-not-expected`; a fault when it could not be
/// kept.
pub async fn take(seat: &Seat, order: UnitId, bytes: Vec<u8>) -> Result<PhotoHash, Fault> {
    let image = supply::photo_of(&bytes)?;
    let hash = hash_of(&bytes);
    let mut db = seat.db().await?;
    let photo = views::photos(&mut db, &[order]).await?.remove(&order);
    drop(db);
    let photo = photo.ok_or_else(|| supply::not_expected(order))?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let came = OrderCommand::PhotoCame { order, hash, image, bytes: size };
    let command = Command::Order(Box::new(came));
    // Who may not bring it leaves no bytes here. The rule says the same when the command comes to it.
    let actor = seat.actor()?;
    let grant = authorise(actor, order.area(), &command.clone().into())?;
    photo.may_come(hash, &actor.user, grant.holder.as_ref(), seat.now())?;
    if photo.came.is_some() {
        return Ok(hash);
    }
    let keep = keep(seat.app(), &photo, bytes)?;
    seat.app().engine().operate(Priority::Normal, vec![keep]).await?;
    match act::once(seat, order.area(), command).await? {
        Ok(_) => Ok(hash),
        Err(refusal) => Err(refusal.into()),
    }
}

fn context(photo: &Photo) -> Vec<u8> {
    [b"supply photo v1".as_slice(), &photo.order.bytes(), &photo.hash.0].concat()
}

fn keep(app: &App, photo: &Photo, bytes: Vec<u8>) -> Result<Operation, Fault> {
    let sealed = app.keys().seal_bytes(&context(photo), bytes).map_err(Fault::internal)?;
    let order = photo.order;
    let row = vec![order.area().into(), order.into(), photo.at.into(), Value::Bytes(sealed.0)];
    Ok(Operation::Insert(&SEALED_PUT, row))
}

/// A photo that has come, in the clear.
///
/// # Errors
/// `photo-not-here` when it has not come or its days are over; a fault when it cannot be opened.
pub async fn open(
    app: &App,
    db: &mut Connection,
    photo: &Photo,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let sealed = views::photo_sealed(db, photo.order).await?;
    let sealed = sealed.ok_or_else(|| {
        Fault::new(axum::http::StatusCode::NOT_FOUND, Refusal::new("photo-not-here"))
    })?;
    app.keys().unseal_bytes(&context(photo), &sealed).map_err(Fault::internal)
}

/// Removes photos whose days are over, from time to time.
pub async fn run(app: App) {
    let said = ("photos", "photos of receipts were removed: their days were over");
    periodic::run(app, PACE, said, remove).await;
}

/// Removes them now; gives how many they were.
///
/// # Errors
/// [`Fault`] when the ledger cannot take it.
pub async fn remove(app: &App) -> Result<usize, Fault> {
    let before = Micros(app.now().0.saturating_sub(PHOTO_KEPT.0));
    let mut removed = 0;
    loop {
        let drop = Operation::Execute(&SEALED_OVER, vec![before.into(), MOST.into()]);
        let gone = app.engine().operate(Priority::Bulk, vec![drop]).await?;
        let gone: u64 = gone.into_iter().sum();
        removed += usize::try_from(gone).unwrap_or(usize::MAX);
        if gone < MOST as u64 {
            return Ok(removed);
        }
    }
}
