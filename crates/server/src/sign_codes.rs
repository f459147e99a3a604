//! Codes by which the other side of a hand-over signs on the crew's phone.
//!
//! A household sees the code of its ride on its own page, a facility that of a trip that comes to it, the
//! desk both. Six digits that only this server can make: who knows one was told it by the other side.
//! Guessing is held back by the rate of requests, and each wrong code is refused.

use subtle::ConstantTimeEq;
use transfers::{CodeFor, Command};
use types::{HolderCode, Refusal, UnitId};

use crate::secrets::{Purpose, Secrets};

fn digits(secrets: &Secrets, what: &[u8]) -> String {
    let mac = secrets.mac(Purpose::Signs, what);
    let mut number = 0u64;
    for byte in &mac[..8] {
        number = number << 8 | u64::from(*byte);
    }
    format!("{:06}", number % 1_000_000)
}

/// The code of whoever gives somebody over to a crew.
pub fn of_ride(secrets: &Secrets, ride: UnitId) -> String {
    digits(secrets, &[b"ride".as_slice(), &ride.bytes()].concat())
}

/// The code of a facility that receives whom a trip brings; of the desk for those who are brought home.
pub fn of_arrival(secrets: &Secrets, trip: UnitId, facility: Option<&HolderCode>) -> String {
    let facility = facility.map_or("", HolderCode::as_str).as_bytes();
    digits(secrets, &[b"trip".as_slice(), &trip.bytes(), facility].concat())
}

/// The code of a household's order, which it tells to whoever brings it.
pub fn of_order(secrets: &Secrets, order: UnitId) -> String {
    digits(secrets, &[b"order".as_slice(), &order.bytes()].concat())
}

/// The code of a driver's pass, which the driver shows at a gate.
pub fn of_pass(secrets: &Secrets, pass: UnitId) -> String {
    digits(secrets, &[b"pass".as_slice(), &pass.bytes()].concat())
}

/// Whether a code is that of a pass.
pub fn is_of_pass(secrets: &Secrets, pass: UnitId, code: &str) -> bool {
    of_pass(secrets, pass).as_bytes().ct_eq(code.trim().as_bytes()).into()
}

/// Checks the code of any command that has one.
///
/// # Errors
/// `hand-over-code-wrong`.
pub fn check_any(secrets: &Secrets, command: &crate::house::Command) -> Result<(), Refusal> {
    use supply::{OrderCommand, Proof};
    match command {
        crate::house::Command::Transfers(command) => check(secrets, command),
        crate::house::Command::Supply(command) => match &**command {
            supply::Command::Order(asked) => match &**asked {
                OrderCommand::Receive { order, proof: Proof::Code(code), .. } => {
                    let right = of_order(secrets, *order);
                    match bool::from(right.as_bytes().ct_eq(code.trim().as_bytes())) {
                        true => Ok(()),
                        false => Err(Refusal::new("hand-over-code-wrong")),
                    }
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Checks the code of a command, if it has one.
///
/// # Errors
/// `hand-over-code-wrong`.
pub fn check(secrets: &Secrets, command: &Command) -> Result<(), Refusal> {
    let Some((code, what)) = command.code() else { return Ok(()) };
    let same = |right: String| bool::from(right.as_bytes().ct_eq(code.trim().as_bytes()));
    let right = match what {
        CodeFor::PickUp(rides) => rides.iter().any(|ride| same(of_ride(secrets, *ride))),
        CodeFor::Arrival(trip, facility) => same(of_arrival(secrets, trip, facility)),
    };
    if right { Ok(()) } else { Err(Refusal::new("hand-over-code-wrong")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use transfers::{PickUp, Receive};
    use types::AreaCode;

    #[test]
    fn a_code_stands_for_one_ride_or_one_arrival() {
        let secrets = Secrets::from_root([7; 32]);
        let area = AreaCode::new(220_202).expect("six digits");
        let unit = |kind, n: u8| UnitId::derived(kind, area, &[&[n]]);
        let (ride, other) = (unit(transfers::RIDE, 1), unit(transfers::RIDE, 2));
        let trip = unit(transfers::TRIP, 1);
        let ward = HolderCode::parse("ward:F1").expect("a holder");
        let pick_up = |ride, code: String| {
            Command::PickUp(PickUp { trip, rides: vec![ride], witness: String::new(), code })
        };
        let code = of_ride(&secrets, ride);
        assert_eq!(code.len(), 6);
        assert_eq!(check(&secrets, &pick_up(ride, code.clone())), Ok(()));
        assert!(check(&secrets, &pick_up(other, code.clone())).is_err());
        assert_eq!(check(&secrets, &pick_up(other, String::new())), Ok(()), "nothing to check");
        let receive = |facility: Option<&HolderCode>, code: String| {
            Command::Receive(Receive {
                trip,
                rides: vec![ride],
                facility: facility.cloned(),
                ward: None,
                reason: String::new(),
                code,
            })
        };
        let code = of_arrival(&secrets, trip, Some(&ward));
        assert_eq!(check(&secrets, &receive(Some(&ward), code.clone())), Ok(()));
        assert!(check(&secrets, &receive(None, code)).is_err());
        assert!(
            check(&Secrets::from_root([8; 32]), &pick_up(ride, of_ride(&secrets, ride))).is_err()
        );
    }
}
