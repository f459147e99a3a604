//! Plates: when tubes are loaded and read.

use types::{Micros, Span};

use super::carry::Box;
use super::round::{Sign, Tube};
use super::town::Town;

/// Tubes on a plate of 96 wells; two are controls.
const WELLS: usize = 94;
/// A plate that is not full starts after this time.
const PATIENCE: Span = Span::minutes(45);

/// A plate.
#[derive(Clone, Debug)]
pub struct Plate {
    /// Its name.
    pub name: String,
    /// The laboratory, as place in [`Town::labs`].
    pub lab: usize,
    /// Its tubes, as places in the list, in order of the wells.
    pub tubes: Vec<usize>,
    /// Loaded.
    pub loaded_at: Micros,
    /// The run ended.
    pub read_at: Micros,
}

/// The name of the `n`th well in use: `A1` to `H12` by columns, as robots fill them.
pub fn well(n: usize) -> String {
    format!("{}{}", char::from(b'A' + (n % 8) as u8), n / 8 + 1)
}

/// Loads tubes as boxes are opened, plate by plate, no faster than the laboratory works.
/// Tubes of people who were called again do not wait for a full plate.
pub fn load(town: &Town, boxes: &[Box], tubes: &[Tube], urgent: bool, key: u64) -> Vec<Plate> {
    let mut plates = Vec::new();
    for (at, lab) in town.labs.iter().enumerate() {
        let mut draw = town.draw("plates", key << 32 | at as u64);
        let mut arrived: Vec<(Micros, usize)> = boxes
            .iter()
            .filter(|b| b.lab == at)
            .flat_map(|b| {
                let found = b.tubes.iter().filter(|t| !b.missing.contains(t));
                found.map(|t| (b.opened_at, *t))
            })
            .collect();
        arrived.sort_unstable();
        arrived.dedup_by_key(|(_, tube)| tubes[*tube].id);
        let between_plates = Span(Span::hours(24).0 * WELLS as i64 / lab.measured.max(1));
        let patience = if urgent { Span::minutes(10) } else { PATIENCE };
        let mut free = Micros(0);
        let mut rest = &arrived[..];
        while let Some((first, _)) = rest.first() {
            let start = (*first + patience).max(free);
            // Whoever has arrived by then goes on the plate; a full one need not wait.
            let count = rest.iter().take(WELLS).take_while(|(t, _)| *t <= start).count().max(1);
            let (mine, later) = rest.split_at(count);
            let full = count == WELLS;
            let last = mine.last().map_or(start, |(t, _)| *t);
            let begun = if full { last.max(free) } else { start };
            let loaded_at = begun + draw.between(Span::minutes(6), Span::minutes(18));
            if !urgent {
                free = loaded_at + Span(between_plates.0 * count as i64 / WELLS as i64);
            }
            let kind = if urgent { "E" } else { "P" };
            plates.push(Plate {
                name: format!("{}-{key}{kind}{:03}", lab.holder.code(), plates.len() + 1),
                lab: at,
                tubes: mine.iter().map(|(_, t)| *t).collect(),
                loaded_at,
                read_at: loaded_at + draw.between(Span::minutes(125), Span::minutes(185)),
            });
            rest = later;
        }
    }
    plates
}

/// Ct values of N, ORF1ab and the control that read as a sign under the cut-offs in use (37
/// and 40 for the genes, 38 for the control).
pub fn values(sign: Sign, draw: &mut super::draw::Draw) -> (Option<f64>, Option<f64>, Option<f64>) {
    let mut ct =
        |low: f64, high: f64| Some(((low + (high - low) * draw.unit()) * 100.0).round() / 100.0);
    match sign {
        Sign::Negative => (None, None, ct(22.0, 29.0)),
        Sign::Positive => (ct(23.0, 33.0), ct(24.0, 34.0), ct(22.0, 30.0)),
        Sign::SingleTarget => (ct(33.0, 36.5), None, ct(22.0, 30.0)),
        Sign::Grey => (ct(37.2, 37.9), ct(37.2, 37.9), ct(22.0, 30.0)),
        Sign::Invalid => (None, None, ct(38.5, 40.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wells_go_down_the_columns() {
        let names: Vec<String> = [0, 7, 8, 93].into_iter().map(well).collect();
        assert_eq!(names, ["A1", "H1", "A2", "F12"]);
    }
}
