//! Coordinates as whole millionths of a degree (about a decimetre), so that they are the same
//! number in JSON, in the journal and in both stores.

use serde::{Deserialize, Serialize};
use types::ParseError;

/// A longitude or latitude (WGS 84) in millionths of a degree; a number of degrees in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Degrees(i32);

impl Degrees {
    /// From degrees.
    ///
    /// # Errors
    /// [`ParseError`] unless it lies between -180 and 180.
    pub fn new(degrees: f64) -> Result<Degrees, ParseError> {
        if (-180.0..=180.0).contains(&degrees) {
            Ok(Degrees((degrees * 1e6).round() as i32))
        } else {
            Err(ParseError::new("coordinate", &degrees.to_string(), "between -180 and 180"))
        }
    }

    /// In degrees.
    pub fn degrees(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl Serialize for Degrees {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(self.degrees())
    }
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Degrees, D::Error> {
        Degrees::new(f64::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

impl From<Degrees> for store::Value {
    fn from(d: Degrees) -> store::Value {
        store::Value::Real(d.degrees())
    }
}

/// A ring of corners `[longitude, latitude]`.
pub type Ring = Vec<[Degrees; 2]>;

/// A boundary: the outer rings of its parts. In JSON a list of rings, `[[[lon, lat], …], …]`;
/// a single ring is read too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outline(pub Vec<Ring>);

impl Outline {
    /// A boundary of one part.
    pub fn ring(ring: Ring) -> Outline {
        Outline(vec![ring])
    }

    /// The stored form.
    pub fn to_text(&self) -> String {
        // A list of lists of numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The middle of its largest ring by the area's centroid, or of its corners when the ring
    /// has no area.
    pub fn middle(&self) -> Option<[Degrees; 2]> {
        let (ring, twice_area) = self
            .0
            .iter()
            .map(|ring| (ring, twice_area(ring)))
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        let (mut x, mut y) = (0.0, 0.0);
        for (a, b) in edges(ring) {
            let (ax, ay, bx, by) = (a[0].degrees(), a[1].degrees(), b[0].degrees(), b[1].degrees());
            if twice_area == 0.0 {
                x += ax / ring.len() as f64;
                y += ay / ring.len() as f64;
            } else {
                let cross = ax * by - bx * ay;
                x += (ax + bx) * cross / (3.0 * twice_area);
                y += (ay + by) * cross / (3.0 * twice_area);
            }
        }
        Some([Degrees::new(x).ok()?, Degrees::new(y).ok()?])
    }
}

fn edges(ring: &Ring) -> impl Iterator<Item = (&[Degrees; 2], &[Degrees; 2])> {
    ring.iter().zip(ring.iter().cycle().skip(1))
}

fn twice_area(ring: &Ring) -> f64 {
    edges(ring)
        .map(|(a, b)| a[0].degrees() * b[1].degrees() - b[0].degrees() * a[1].degrees())
        .sum()
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Outline, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(Ring),
            Many(Vec<Ring>),
        }
        Ok(match Form::deserialize(d)? {
            Form::One(ring) if !ring.is_empty() => Outline::ring(ring),
            Form::One(_) => Outline(Vec::new()),
            Form::Many(rings) => Outline(rings),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_round_trip_exactly() {
        for n in [-180_000_000, -1, 0, 1, 43_837_883, 126_549_572, 180_000_000] {
            let json = serde_json::to_string(&Degrees(n)).expect("a number");
            let read: Degrees = serde_json::from_str(&json).expect("reads");
            assert_eq!(read, Degrees(n));
            assert_eq!(Degrees::new(read.degrees()), Ok(Degrees(n)));
        }
        assert!(Degrees::new(180.1).is_err());
        assert!(Degrees::new(f64::NAN).is_err());
    }

    #[test]
    fn an_outline_is_read_as_one_ring_or_many() {
        let one: Outline =
            serde_json::from_str("[[126.0,43.0],[127.0,43.0],[127.0,44.0],[126.0,44.0]]")
                .expect("a ring");
        let many: Outline =
            serde_json::from_str("[[[126,43],[127,43],[127,44],[126,44]]]").expect("rings");
        assert_eq!(one, many);
        assert_eq!(serde_json::from_str::<Outline>(&one.to_text()).expect("reads"), one);
        let middle = one.middle().expect("has one");
        assert_eq!(middle.map(Degrees::degrees), [126.5, 43.5]);
    }
}
