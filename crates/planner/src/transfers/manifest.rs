//! Who sits where.

use super::model::{Dispatch, TransferError, Transfers};

/// A seat: row from 1, and A to D from the left window to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatNumber {
    /// The row.
    pub row: u16,
    /// 0 to 3.
    pub across: u8,
}

impl std::fmt::Display for SeatNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.row, char::from(b'A' + self.across.min(3)))
    }
}

/// One person's seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seated {
    /// Whose ride.
    pub ride: u32,
    /// Which of its people, from 0.
    pub person: u16,
    /// Where.
    pub seat: SeatNumber,
}

/// The seats of one tour. People of a ride sit together; as far as there are seats enough, a row
/// stays empty between two rides. `rows` is how many rows of four the vehicle has.
///
/// A seat is given again only after its ride has got off.
///
/// # Errors
/// When the tour puts more people in the vehicle than it has seats.
pub fn manifest(
    problem: &Transfers,
    plan: &Dispatch,
    tour: usize,
    rows: u16,
) -> Result<Vec<Seated>, TransferError> {
    let it = plan.tours.get(tour);
    let missing = TransferError::Broken { tour, call: 0, what: format!("there is no tour {tour}") };
    let calls = &it.ok_or(missing)?.calls;
    let size = |ride: u32| problem.rides[ride as usize].people.max(0) as usize;
    let seats = usize::from(rows) * 4;
    // How many rows are needed when every ride begins a row of its own, at the fullest moment.
    let (mut full, mut fullest) = (0, 0);
    for call in calls {
        let needs = size(call.ride).div_ceil(4) * 4 + 4;
        full = if call.on { full + needs } else { full - needs };
        fullest = fullest.max(full);
    }
    let apart = fullest <= seats + 4;
    let mut taken: Vec<Option<u32>> = vec![None; seats];
    let mut out = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        if !call.on {
            taken.iter_mut().filter(|seat| **seat == Some(call.ride)).for_each(|s| *s = None);
            continue;
        }
        let wanted = size(call.ride);
        let Some(chosen) = choose(&taken, wanted, apart) else {
            let what = format!("no {wanted} seats are free of {seats}");
            return Err(TransferError::Broken { tour, call: index, what });
        };
        for (person, &seat) in chosen.iter().enumerate() {
            taken[seat] = Some(call.ride);
            let seat = SeatNumber { row: (seat / 4) as u16 + 1, across: (seat % 4) as u8 };
            out.push(Seated { ride: call.ride, person: person as u16, seat });
        }
    }
    Ok(out)
}

/// Free seats for so many: in rows with an empty row on both sides, else in a row of their own
/// beginning, else in order, else wherever there are.
fn choose(taken: &[Option<u32>], wanted: usize, apart: bool) -> Option<Vec<usize>> {
    let free = |seat: usize| taken.get(seat).is_none_or(Option::is_none);
    let run = |from: usize| (from..from + wanted).all(|seat| seat < taken.len() && free(seat));
    let clear = |from: usize| {
        let after = (from + wanted).div_ceil(4) * 4;
        (from.saturating_sub(4)..after + 4).all(free)
    };
    let mut rows = (0..taken.len()).step_by(4).filter(|&from| run(from));
    let from = if apart { rows.find(|&from| clear(from)) } else { None };
    let from = from.or_else(|| (0..taken.len()).find(|&from| run(from)));
    match from {
        Some(from) => Some((from..from + wanted).collect()),
        None => {
            let all: Vec<usize> = (0..taken.len()).filter(|&s| free(s)).take(wanted).collect();
            (all.len() == wanted).then_some(all)
        }
    }
}
