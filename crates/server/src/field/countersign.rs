//! Checking what phones signed when a box changed hands: `POST /api/v1/field/countersigns`. The
//! texts stand as evidence in the histories of units; their form is told in
//! `web/src/field/core/handover.ts`.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use store::Connection;
use types::{HolderCode, Micros, Refusal, UnitId};
use utoipa::ToSchema;

use crate::Fault;
use crate::access::{Policy, Role};
use crate::api::{Body, json};
use crate::field::tables::DEVICE_BY_ID;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Who looks into what happened.
const READERS: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Auditor,
    Role::Laboratory,
    Role::Courier,
    Role::Sampler,
    Role::Grid,
]);
const MOST: usize = 100;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/api/v1/field/countersigns", READERS, check).body_limit(256 << 10);
}

/// What a phone said when it showed its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// "I am this holder", before taking something.
    Card {
        /// The taker.
        holder: HolderCode,
    },
    /// "I give these units to that holder".
    Offer {
        /// Who gives.
        giver: HolderCode,
        /// Who takes.
        taker: HolderCode,
        /// What.
        units: Vec<UnitId>,
    },
}

/// A signed text, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countersign<'a> {
    /// What was said.
    pub claim: Claim,
    /// The device that signed.
    pub device: &'a str,
    /// When, by that device's corrected clock.
    pub time: Micros,
    signed: &'a str,
    signature: Signature,
}

/// How far a countersign can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Signed by a device that is registered for the holder.
    Signed,
    /// The device is not registered, or no longer for this holder.
    UnknownDevice,
    /// The signature is not that device's, or the text was changed.
    Wrong,
    /// Not a signed text at all.
    Unreadable,
}

impl<'a> Countersign<'a> {
    /// Reads a text; `None` when it is not of the form. Anything after a space is a remark.
    pub fn parse(text: &'a str) -> Option<Countersign<'a>> {
        let text = text.split(' ').next()?;
        let (signed, signature) = text.rsplit_once('|')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::from_slice(&signature).ok()?;
        let parts: Vec<&str> = signed.split('|').collect();
        let (claim, device, time) = match parts[..] {
            ["SH1", "C", holder, device, time] => {
                (Claim::Card { holder: HolderCode::parse(holder).ok()? }, device, time)
            }
            ["SH1", "O", giver, taker, device, time, units] => {
                let unit = |item: &str| UnitId::parse(item.split('*').next()?).ok();
                let units = units.split(',').map(unit).collect::<Option<Vec<UnitId>>>()?;
                let giver = HolderCode::parse(giver).ok()?;
                let taker = HolderCode::parse(taker).ok()?;
                (Claim::Offer { giver, taker, units }, device, time)
            }
            _ => return None,
        };
        let time = Micros(i64::from_str_radix(time, 36).ok()?);
        Some(Countersign { claim, device, time, signed, signature })
    }

    /// Who signed, by their own word.
    pub fn signer(&self) -> &HolderCode {
        match &self.claim {
            Claim::Card { holder } => holder,
            Claim::Offer { giver, .. } => giver,
        }
    }

    /// Whether the signature is that of the key's owner.
    pub fn is_signed_by(&self, public_key: &str) -> bool {
        let point = URL_SAFE_NO_PAD.decode(public_key).unwrap_or_default();
        VerifyingKey::from_sec1_bytes(&point)
            .is_ok_and(|key| key.verify(self.signed.as_bytes(), &self.signature).is_ok())
    }
}

/// Checks one text against the registered devices.
///
/// # Errors
/// A fault of the store.
pub async fn verdict(db: &mut Connection, text: &str) -> Result<Verdict, Fault> {
    let Some(sign) = Countersign::parse(text) else { return Ok(Verdict::Unreadable) };
    let rows = db.lookup(&DEVICE_BY_ID, &[sign.device.into()]).await?;
    let Some(row) = rows.first() else { return Ok(Verdict::UnknownDevice) };
    if !sign.is_signed_by(row.text(2)?) {
        return Ok(Verdict::Wrong);
    }
    let same = row.text(1)? == sign.signer().as_str();
    Ok(if same { Verdict::Signed } else { Verdict::UnknownDevice })
}

/// Texts as they were scanned.
#[derive(Deserialize, ToSchema)]
#[schema(as = Countersigns)]
pub struct Texts {
    /// At most 100.
    texts: Vec<String>,
}

/// What a text is worth.
#[derive(Serialize, ToSchema)]
#[schema(as = CountersignChecked)]
pub struct Checked {
    /// How far it can be trusted.
    verdict: Verdict,
    /// Who signed, by their own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    holder: Option<HolderCode>,
    /// With which device.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// When, by that device's clock, microseconds UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    time: Option<Micros>,
}

/// Verdicts in the order of the texts.
#[derive(Serialize, ToSchema)]
#[schema(as = CountersignVerdicts)]
pub struct Verdicts {
    /// One for each text.
    verdicts: Vec<Checked>,
}

async fn check(seat: Seat, Body(body): Body<Texts>) -> Answer {
    if body.texts.len() > MOST {
        return Err(Refusal::new("batch-too-large").with("limit", MOST).into());
    }
    let mut db = seat.db().await?;
    let mut verdicts = Vec::with_capacity(body.texts.len());
    for text in &body.texts {
        let read = Countersign::parse(text);
        verdicts.push(Checked {
            verdict: verdict(&mut db, text).await?,
            holder: read.as_ref().map(|sign| sign.signer().clone()),
            device: read.as_ref().map(|sign| sign.device.to_owned()),
            time: read.as_ref().map(|sign| sign.time),
        });
    }
    json(StatusCode::OK, &Verdicts { verdicts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer;

    fn key() -> SigningKey {
        SigningKey::from_slice(&[9; 32]).expect("a key")
    }

    fn public() -> String {
        URL_SAFE_NO_PAD.encode(key().verifying_key().to_sec1_point(false).as_bytes())
    }

    fn signed(text: &str) -> String {
        let signature: Signature = key().sign(text.as_bytes());
        format!("{text}|{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    #[test]
    fn a_card_and_an_offer_are_read_and_checked() {
        let card = signed("SH1|C|courier:C7|d-0123456789abcdef|gdqsb3ljeo");
        let read = Countersign::parse(&card).expect("a card");
        assert_eq!(read.signer().as_str(), "courier:C7");
        assert!(read.is_signed_by(&public()));
        let offer =
            signed("SH1|O|site:S1|courier:C7|d-0123456789abcdef|gdqsb3ljeo|B22020200000001B*12");
        let with_note = format!("{offer} counted 11");
        let read = Countersign::parse(&with_note).expect("an offer");
        assert!(read.is_signed_by(&public()));
        let Claim::Offer { taker, units, .. } = &read.claim else { panic!("an offer") };
        assert_eq!((taker.as_str(), units.len()), ("courier:C7", 1));
    }

    #[test]
    fn a_changed_text_is_not_signed_and_nonsense_is_not_read() {
        let card = signed("SH1|C|courier:C7|d-0123456789abcdef|gdqsb3ljeo");
        let changed = card.replace("C7", "C8");
        assert!(!Countersign::parse(&changed).expect("still a card").is_signed_by(&public()));
        assert!(!Countersign::parse(&card).expect("a card").is_signed_by("AAAA"));
        for text in ["", "SH1|C|courier:C7", "counted 11", "SH1|B|courier:C7", "a|b|c|d|e|f"] {
            assert_eq!(Countersign::parse(text), None, "{text}");
        }
    }
}
