//! Boxes: when they are packed, fetched, received and opened.

use std::collections::HashMap;

use testing::BOX;
use types::{Micros, Span, UnitId};

use super::draw::Draw;
use super::ids::Codes;
use super::round::Tube;
use super::town::Town;

/// Most tubes in a box.
const ROOM: usize = 24;
/// A box is closed this long after its first tube, full or not.
const WAIT: Span = Span::minutes(55);

/// A box on its way.
#[derive(Clone, Debug)]
pub struct Box {
    /// Its code.
    pub id: UnitId,
    /// The site that packs it.
    pub site: usize,
    /// Its tubes, as places in the list that it was made from.
    pub tubes: Vec<usize>,
    /// When the first half was packed.
    pub half_at: Micros,
    /// When it was closed.
    pub ready_at: Micros,
    /// The courier, as place in [`Town::couriers`].
    pub courier: usize,
    /// Taken by the courier.
    pub sent_at: Micros,
    /// The laboratory, as place in [`Town::labs`].
    pub lab: usize,
    /// Taken by the laboratory.
    pub received_at: Micros,
    /// Opened.
    pub opened_at: Micros,
    /// Tubes that were not in it when it was opened.
    pub missing: Vec<usize>,
    /// Tubes that were in it although nobody had packed them.
    pub surplus: Vec<UnitId>,
    /// A second courier who says that the box is in another vehicle.
    pub rival: Option<usize>,
}

/// A laboratory by its share of the capacity.
fn choose_lab(town: &Town, draw: &mut Draw) -> usize {
    let total: i64 = town.labs.iter().map(|l| l.measured).sum();
    let mut left = (draw.unit() * total as f64) as i64;
    for (at, lab) in town.labs.iter().enumerate() {
        left -= lab.measured;
        if left < 0 {
            return at;
        }
    }
    town.labs.len().saturating_sub(1)
}

/// Packs tubes into boxes, site by site, and sends them. The tubes `at` must be in order of time
/// within each site.
pub fn pack(town: &Town, codes: &mut Codes, tubes: &[Tube], at: &[usize], key: u64) -> Vec<Box> {
    let mut by_site: HashMap<usize, Vec<usize>> = HashMap::new();
    for tube in at {
        by_site.entry(tubes[*tube].site).or_default().push(*tube);
    }
    let mut sites: Vec<(usize, Vec<usize>)> = by_site.into_iter().collect();
    sites.sort_unstable_by_key(|(site, _)| *site);
    let mut boxes = Vec::new();
    for (site, mine) in sites {
        let mut draw = town.draw("boxes", key << 32 | site as u64);
        let mut mine = mine.into_iter().peekable();
        while let Some(first) = mine.next() {
            let opened = tubes[first].sealed_at;
            let mut inside = vec![first];
            while inside.len() < ROOM
                && let Some(next) = mine.next_if(|t| tubes[*t].sealed_at < opened + WAIT)
            {
                inside.push(next);
            }
            boxes.push(send(town, codes, tubes, site, inside, &mut draw));
        }
    }
    boxes
}

fn send(
    town: &Town,
    codes: &mut Codes,
    tubes: &[Tube],
    site: usize,
    inside: Vec<usize>,
    draw: &mut Draw,
) -> Box {
    let time = |n: usize| inside.get(n).map_or(Micros(0), |t| tubes[*t].sealed_at);
    let last = time(inside.len() - 1);
    let ready_at = last + draw.between(Span::minutes(2), Span::minutes(8));
    let sent_at = ready_at + draw.between(Span::minutes(4), Span::minutes(50));
    let received_at = sent_at + draw.between(Span::minutes(15), Span::minutes(75));
    Box {
        id: codes.next(BOX, town.sites[site].area),
        site,
        half_at: time(inside.len() / 2) + Span::seconds(45),
        ready_at,
        courier: town.sites[site].courier,
        sent_at,
        lab: choose_lab(town, draw),
        received_at,
        opened_at: received_at + draw.between(Span::minutes(5), Span::minutes(35)),
        tubes: inside,
        missing: Vec::new(),
        surplus: Vec::new(),
        rival: None,
    }
}
