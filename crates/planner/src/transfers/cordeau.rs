//! The dial-a-ride instances of Cordeau (2006), as text.
//!
//! The first line has vehicles, stops (twice the requests), the longest tour, the seats and the
//! longest ride; then a line for the depot, the origins, the destinations in the same order and
//! the depot again: index, x, y, service, load, window. Lengths are straight and not rounded; here
//! they are kept in ten-thousandths, and so are times.

use super::model::{Coaches, Ride, TransferError, Transfers};
use crate::routes::{Ground, Rounding, Stop, Window};

/// Units of length and time in one of the published ones.
pub const SCALE: i32 = 10_000;

/// Reads an instance.
///
/// # Errors
/// The line that cannot be understood.
pub fn instance(text: &str) -> Result<Transfers, TransferError> {
    let mut rows: Vec<(usize, Vec<f64>)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let bad = |_| TransferError::File { line: number + 1, what: "not numbers".to_owned() };
        let numbers = numbers.map_err(bad)?;
        if !numbers.is_empty() {
            rows.push((number + 1, numbers));
        }
    }
    let fail = |line: usize, what: String| TransferError::File { line, what };
    let Some((_, head)) = rows.first().filter(|(_, head)| head.len() >= 5) else {
        return Err(fail(1, "five numbers are wanted".to_owned()));
    };
    let (vehicles, requests) = (head[0] as u32, head[1] as usize / 2);
    // Some files leave out the second line for the depot.
    let again = rows.len() == 2 * requests + 3;
    if !again && rows.len() != 2 * requests + 2 {
        let wanted = 2 * requests + 3;
        return Err(fail(1, format!("{wanted} lines are wanted, there are {}", rows.len())));
    }
    if let Some((line, _)) = rows[1..].iter().find(|(_, row)| row.len() < 7) {
        return Err(fail(*line, "seven numbers are wanted".to_owned()));
    }
    let node = |index: usize| &rows[index + 1].1;
    let scaled = |value: f64| (value * f64::from(SCALE)).round() as i32;
    let window =
        |index: usize| Window { open: scaled(node(index)[5]), close: scaled(node(index)[6]) };
    let at = (0..rows.len() - 1)
        .map(|index| [node(index)[1], node(index)[2]].map(|v| v * f64::from(SCALE)))
        .collect();
    let rides = (1..=requests)
        .map(|on| {
            let off = on + requests;
            Ride {
                from: on as u32,
                to: off as u32,
                people: node(on)[4] as i32,
                pick: window(on),
                drop: window(off),
                service: (scaled(node(on)[3]), scaled(node(off)[3])),
                longest: Some(scaled(head[4])),
                class: 0,
                needs: 0,
                skip: Stop::MUST,
            }
        })
        .collect();
    let end = if again { 2 * requests + 1 } else { 0 };
    let shift = Window { open: window(0).open, close: window(0).close.min(window(end).close) };
    let coaches = Coaches {
        start: 0,
        end: end as u32,
        count: vehicles,
        seats: head[3] as i32,
        shift,
        longest: Some(scaled(head[2])),
        fixed: 0,
        gives: u32::MAX,
    };
    let ground = Ground::Plane { at, rounding: Rounding::Nearest, pace: 1.0 };
    let problem = Transfers { ground, rides, coaches: vec![coaches], cleaning: 0 };
    problem.validate()?;
    Ok(problem)
}

/// The published optimal cost of an instance of the a-set, where we know it: as stated in the
/// literature for these instances (Cordeau 2006; Ropke, Cordeau and Laporte 2007), recalled and
/// not read again. A plan that costs less would show a wrong one.
#[must_use]
pub fn optimum(name: &str) -> Option<f64> {
    let known = [
        ("a2-16", 294.25),
        ("a2-20", 344.83),
        ("a2-24", 431.12),
        ("a3-18", 300.48),
        ("a3-24", 344.83),
        ("a3-30", 494.85),
        ("a3-36", 583.19),
        ("a4-16", 282.68),
        ("a4-24", 375.02),
        ("a4-32", 485.50),
        ("a4-40", 557.69),
        ("a4-48", 668.82),
        ("a5-40", 498.41),
        ("a5-50", 686.62),
        ("a5-60", 808.42),
        ("a6-48", 604.12),
        ("a6-60", 819.25),
        ("a6-72", 916.05),
        ("a7-56", 724.04),
        ("a7-70", 889.12),
        ("a7-84", 1033.37),
        ("a8-64", 747.46),
        ("a8-80", 945.73),
        ("a8-96", 1229.66),
    ];
    known.iter().find(|&&(known, _)| known == name).map(|&(_, cost)| cost)
}
