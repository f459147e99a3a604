//! Which tube a laboratory means.
//!
//! A code that we printed names its tube by itself, also before the record of its filling has
//! come. A foreign barcode is that of a tube only once somebody has said so: collected it under
//! that barcode, or scanned it on its way. Until then its results wait.

use registry::identity::resident_check;
use store::Connection;
use testing::{TUBE, views};
use types::{AreaCode, PlaceCode, Refusal, UnitId};

use crate::Fault;

/// A tube, and the county that its results belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tube {
    /// The tube.
    pub unit: UnitId,
    /// The county of its code, or of the site that filled it; none for a foreign tube that
    /// nobody has said to have filled.
    pub area: AreaCode,
}

/// No tube was found: all results of a code that is only unknown wait for it by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Why.
    pub reason: Refusal,
    /// Whether the code may come to be known.
    pub may_come: bool,
}

/// Finds the tube of the first code that has one.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn find(db: &mut Connection, codes: &[String]) -> Result<Result<Tube, Unmatched>, Fault> {
    let mut mistyped = None;
    for code in codes {
        let scanned = UnitId::scanned(TUBE, code);
        if let Ok(unit) = scanned
            && unit.is_printed()
        {
            return Ok(Ok(Tube { unit, area: unit.area() }));
        }
        let mut known = views::tubes_by_barcode(db, code).await?;
        match scanned {
            Ok(unit) if known.is_empty() && views::tube(db, unit).await?.is_some() => {
                known.push(unit);
            }
            Ok(_) => {}
            Err(_) => mistyped = Some(code),
        }
        match known.as_slice() {
            [] => {}
            [unit] => return Ok(Ok(Tube { unit: *unit, area: area_of(db, *unit).await? })),
            several => {
                let reason = Refusal::new("feed-tube-ambiguous").with("count", several.len());
                return Ok(Err(Unmatched { reason, may_come: false }));
            }
        }
    }
    Ok(Err(match mistyped {
        Some(_) => Unmatched { reason: Refusal::new("feed-tube-mistyped"), may_come: false },
        None => Unmatched { reason: Refusal::new("feed-tube-unknown"), may_come: true },
    }))
}

/// The county of a tube: that of its code, else that of the site that filled it.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn area_of(db: &mut Connection, unit: UnitId) -> Result<AreaCode, Fault> {
    if unit.area() != AreaCode::NONE {
        return Ok(unit.area());
    }
    let tube = views::tube(db, unit).await?;
    let community = tube.and_then(|t| t.community);
    let area = community.and_then(|c| PlaceCode::parse(&c).ok()).and_then(|c| c.area());
    Ok(area.unwrap_or(AreaCode::NONE))
}

/// Whether a text is a resident's identity number (GB 11643): a column was mistaken for another,
/// and the text must be kept like a person's data.
pub fn is_identity_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 18
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && resident_check(&bytes[..17]) == Some(bytes[17].to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_number_is_known_by_its_check_digit() {
        assert!(is_identity_number("11010519491231002X"));
        assert!(is_identity_number("11010519491231002x"));
        assert!(!is_identity_number("110105194912310021"));
        assert!(!is_identity_number("T220202000123458"));
        assert!(!is_identity_number("管管管管管管"));
    }
}
