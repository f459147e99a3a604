//! Where the names on a map go: each near the middle of its place, none over another. A name that
//! finds no room becomes a number, explained beside the map.

/// A name that wants a place.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The name.
    pub name: &'a str,
    /// Where it would stand best.
    pub at: [f64; 2],
}

/// Where a name went: the middle of its base line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// The name has room.
    Name([f64; 2]),
    /// Only its number has.
    Number([f64; 2]),
}

/// Air around a name, in parts of its size.
const AIR: f64 = 0.2;

#[derive(Clone, Copy, Debug)]
struct Box2 {
    low: [f64; 2],
    high: [f64; 2],
}

impl Box2 {
    /// The box of a text whose base line has this middle.
    fn of(text_width: f64, size: f64, [x, y]: [f64; 2]) -> Box2 {
        let (half, air) = (text_width / 2.0, size * AIR);
        Box2 {
            low: [x - half - air, y - size * 0.85 - air / 2.0],
            high: [x + half + air, y + size * 0.25 + air / 2.0],
        }
    }

    fn meets(&self, other: &Box2) -> bool {
        (0..2).all(|axis| self.low[axis] < other.high[axis] && other.low[axis] < self.high[axis])
    }

    fn within(&self, [width, height]: [f64; 2]) -> bool {
        self.low[0] >= 0.0 && self.low[1] >= 0.0 && self.high[0] <= width && self.high[1] <= height
    }
}

/// How wide a bold text is, about, in the wider of the fonts that browsers have: an ideograph is as
/// wide as it is high, a letter two thirds of it.
fn width_of(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.68 } else { 1.0 }).sum::<f64>() * size
}

/// Places every name, short ones first: they need the least room, and what is left out is long.
pub fn place(wanted: &[Wanted<'_>], frame: [f64; 2], size: f64) -> Vec<Place> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| {
        let width = |n: usize| width_of(wanted[n].name, size);
        width(*a).total_cmp(&width(*b)).then(a.cmp(b))
    });
    let mut taken: Vec<Box2> = Vec::new();
    let mut places = vec![None; wanted.len()];
    for n in &order {
        let Wanted { name, at } = wanted[*n];
        let found = spot(at, width_of(name, size), size, frame, &taken, &NAME_STEPS);
        if let Some((at, taking)) = found {
            taken.push(taking);
            places[*n] = Some(Place::Name(at));
        }
    }
    for n in order {
        let digits = (n + 1).to_string();
        let at = wanted[n].at;
        if places[n].is_none() {
            let width = width_of(&digits, size);
            let free = spot(at, width, size, frame, &taken, &NUMBER_STEPS);
            // A number without any room stands where it belongs, over what is there.
            let (at, taking) = free.unwrap_or((at, Box2::of(width, size, at)));
            taken.push(taking);
            places[n] = Some(Place::Number(at));
        }
    }
    places.into_iter().map(|place| place.unwrap_or(Place::Number([0.0; 2]))).collect()
}

/// Where else to try, in parts of the size: a name keeps close to its place.
const NAME_STEPS: [[f64; 2]; 5] = [[0.0, 0.3], [0.0, -0.5], [0.0, 1.1], [0.8, 0.3], [-0.8, 0.3]];
/// A number may stand a little farther off.
const NUMBER_STEPS: [[f64; 2]; 17] = [
    [0.0, 0.3],
    [0.0, -0.6],
    [0.0, 1.2],
    [1.0, 0.3],
    [-1.0, 0.3],
    [1.0, -0.8],
    [-1.0, -0.8],
    [1.0, 1.4],
    [-1.0, 1.4],
    [0.0, -1.6],
    [0.0, 2.2],
    [2.0, 0.3],
    [-2.0, 0.3],
    [2.0, -1.2],
    [-2.0, -1.2],
    [2.0, 1.8],
    [-2.0, 1.8],
];

fn spot(
    at: [f64; 2],
    width: f64,
    size: f64,
    frame: [f64; 2],
    taken: &[Box2],
    steps: &[[f64; 2]],
) -> Option<([f64; 2], Box2)> {
    steps.iter().find_map(|step| {
        let at = [at[0] + step[0] * size, at[1] + step[1] * size];
        let taking = Box2::of(width, size, at);
        let free = taking.within(frame) && !taken.iter().any(|other| taking.meets(other));
        free.then_some((at, taking))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: [f64; 2] = [640.0, 480.0];

    #[test]
    fn small_neighbours_become_numbers_and_the_others_keep_their_names() {
        let at = |name, x, y| Wanted { name, at: [x, y] };
        let wanted = [
            at("\u{6614}\u{9091}\u{533a}", 300.0, 200.0),
            at(
                "\u{5409}\u{6797}\u{9ad8}\u{65b0}\u{6280}\u{672f}\u{4ea7}\u{4e1a}\u{5f00}\u{53d1}\u{533a}",
                305.0,
                204.0,
            ),
            at("\u{8212}\u{5170}\u{5e02}", 500.0, 80.0),
        ];
        let places = place(&wanted, FRAME, 15.0);
        assert!(matches!(places[0], Place::Name(_)), "{places:?}");
        assert!(matches!(places[2], Place::Name(_)), "{places:?}");
        let apart = place(&[wanted[0], at("\u{4e30}\u{6ee1}\u{533a}", 300.0, 240.0)], FRAME, 15.0);
        assert!(apart.iter().all(|p| matches!(p, Place::Name(_))), "{apart:?}");
    }

    proptest! {
        #[test]
        fn no_name_stands_over_another_or_outside(
            spots in prop::collection::vec((0.0..640.0_f64, 0.0..480.0_f64, 1..12_usize), 1..30),
        ) {
            let names: Vec<String> = spots.iter().map(|(.., n)| "\u{533a}".repeat(*n)).collect();
            let wanted: Vec<Wanted<'_>> = spots
                .iter()
                .zip(&names)
                .map(|((x, y, _), name)| Wanted { name, at: [*x, *y] })
                .collect();
            let places = place(&wanted, FRAME, 15.0);
            prop_assert_eq!(places.len(), wanted.len());
            let boxes: Vec<Box2> = places
                .iter()
                .zip(&names)
                .filter_map(|(place, name)| match place {
                    Place::Name(at) => Some(Box2::of(width_of(name, 15.0), 15.0, *at)),
                    Place::Number(_) => None,
                })
                .collect();
            for (n, one) in boxes.iter().enumerate() {
                prop_assert!(one.within(FRAME));
                prop_assert!(!boxes[..n].iter().any(|other| one.meets(other)));
            }
        }
    }
}
