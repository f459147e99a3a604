//! Public keys of phones: `POST /api/v1/field/devices`. A phone signs its codes of hand-over;
//! with the keys in their lists other phones check them without a network, and the desk later.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::{Operation, Priority};
use p256::ecdsa::VerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::Connection;
use types::{AreaScope, HolderCode, Micros, Refusal, Span};
use utoipa::ToSchema;

use crate::Fault;
use crate::api::{Body, json};
use crate::field::tables::{DEVICE_PUT, DEVICES_OF};
use crate::field::{FIELD, workplace};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/api/v1/field/devices", FIELD, put).body_limit(4 << 10);
}

/// A device that has not been heard of for so long is in no list any more.
const RECENT: Span = Span::days(7);
/// Most devices in one list.
const MOST: i64 = 3_000;

/// A device with its key.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeviceIn)]
pub struct Put {
    /// `d-` and the first 16 hexadecimal digits of the key's SHA-256.
    device: String,
    /// For whom it is used.
    #[schema(value_type = String)]
    holder: HolderCode,
    /// Uncompressed P-256 point, base64url.
    public_key: String,
}

/// A device that is known now.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceKnown)]
pub struct Known {
    /// Its name.
    device: String,
}

/// The name that follows from a public key (uncompressed P-256 point): nobody can register a
/// key under the name of somebody else's device. `None` when it is no key.
pub fn name_of(public_key: &str) -> Option<String> {
    let point = URL_SAFE_NO_PAD.decode(public_key).ok()?;
    VerifyingKey::from_sec1_bytes(&point).ok()?;
    let digest = Sha256::digest(&point);
    let digits: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    (point.len() == 65).then(|| format!("d-{digits}"))
}

async fn put(seat: Seat, Body(body): Body<Put>) -> Answer {
    if name_of(&body.public_key).as_deref() != Some(body.device.as_str()) {
        return Err(Refusal::new("device-key-wrong").with("device", &body.device).into());
    }
    let actor = seat.actor()?;
    let holder = workplace::of_actor(&mut seat.db().await?, actor, &body.holder).await?;
    let row = vec![
        body.device.as_str().into(),
        holder.area.into(),
        (&holder.code).into(),
        actor.user.as_str().into(),
        body.public_key.into(),
        seat.now().into(),
    ];
    let put = Operation::Insert(&DEVICE_PUT, row);
    seat.app().engine().operate(Priority::Normal, vec![put]).await?;
    json(StatusCode::OK, &Known { device: body.device })
}

/// A device on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub struct DeviceOut {
    /// Its name.
    device: String,
    /// For whom it is used.
    holder: String,
    /// Uncompressed P-256 point, base64url.
    key: String,
}

/// The devices of a scope that were heard of lately.
///
/// # Errors
/// A fault of the store.
pub async fn recent(
    db: &mut Connection,
    scope: AreaScope,
    now: Micros,
) -> Result<Vec<DeviceOut>, Fault> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), (now - RECENT).into(), MOST.into()];
    let rows = db.query(&DEVICES_OF, &params).await?;
    let devices = rows.iter().map(|row| {
        Ok(DeviceOut {
            device: row.text(0)?.to_owned(),
            holder: row.text(1)?.to_owned(),
            key: row.text(2)?.to_owned(),
        })
    });
    Ok(devices.collect::<store::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_a_key_and_nonsense_has_none() {
        let key = p256::ecdsa::SigningKey::from_slice(&[9; 32]).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        let text = URL_SAFE_NO_PAD.encode(point.as_bytes());
        let name = name_of(&text).expect("a name");
        assert_eq!((name.len(), &name[..2]), (18, "d-"));
        assert_eq!(name_of("AAAA"), None);
        assert_eq!(name_of(&text[..80]), None);
    }
}
