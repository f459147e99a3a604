//! Tubes and boxes as they really are, whatever the system believes.

use std::collections::BTreeMap;

use testing::{Mode, Zone};
use types::{Micros, UnitId};

/// A box, as place in [`Goods::boxes`].
pub type BoxAt = usize;
/// A tube, as place in [`Goods::tubes`].
pub type TubeAt = usize;

/// Where a thing really is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// At a site.
    Site(usize),
    /// In a box.
    Box(BoxAt),
    /// With a courier, loose.
    Courier(usize),
    /// In a laboratory.
    Lab(usize),
    /// Nobody knows.
    Lost,
    /// Tested, and thrown away.
    Used,
    /// Leaked or unreadable, and thrown away.
    Spoilt,
}

/// A tube.
#[derive(Clone, Debug)]
pub struct Tube {
    /// The code on it.
    pub code: UnitId,
    /// Its round, from 0.
    pub round: usize,
    /// Where it was filled.
    pub site: usize,
    /// Who was swabbed, really.
    pub swabbed: Vec<u32>,
    /// Who was entered.
    pub entered: Vec<u32>,
    /// How they share it.
    pub mode: Mode,
    /// Their zone.
    pub zone: Zone,
    /// What the tube as a whole gives, if anything.
    pub ct: Option<f64>,
    /// When it was sealed.
    pub sealed_at: Micros,
    /// Where it is.
    pub at: Whereabouts,
    /// Taken by a courier.
    pub sent_at: Option<Micros>,
    /// In the laboratory.
    pub received_at: Option<Micros>,
    /// On a plate.
    pub loaded_at: Option<Micros>,
    /// Its run ended.
    pub read_at: Option<Micros>,
    /// The system has its result.
    pub reported_at: Option<Micros>,
    /// What the laboratory read last: whether it was not negative.
    pub positive: Option<bool>,
    /// When it was really lost, and when found again.
    pub lost_at: Option<Micros>,
    /// See `lost_at`.
    pub found_at: Option<Micros>,
    /// When somebody recorded that it is lost, leaked or invalid.
    pub marked_at: Option<Micros>,
    /// Whether it leaked.
    pub leaked: bool,
    /// Whether its code was used before.
    pub second_use: bool,
    /// Whether the command that recorded its filling was acknowledged.
    pub recorded: bool,
    /// Whether a person filled it, not the drill's staff.
    pub by_hand: bool,
}

/// What is known of a tube when its cap is closed.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The code on it.
    pub code: UnitId,
    /// Its round, from 0.
    pub round: usize,
    /// Where.
    pub site: usize,
    /// Who was swabbed, really.
    pub swabbed: Vec<u32>,
    /// Who was entered.
    pub entered: Vec<u32>,
    /// How they share it.
    pub mode: Mode,
    /// Their zone.
    pub zone: Zone,
    /// What the tube as a whole gives, if anything.
    pub ct: Option<f64>,
    /// When.
    pub at: Micros,
}

impl Tube {
    /// A tube that was just closed and lies at its site, its filling not yet on record.
    pub fn sealed(sealed: Sealed) -> Tube {
        Tube {
            code: sealed.code,
            round: sealed.round,
            site: sealed.site,
            swabbed: sealed.swabbed,
            entered: sealed.entered,
            mode: sealed.mode,
            zone: sealed.zone,
            ct: sealed.ct,
            sealed_at: sealed.at,
            at: Whereabouts::Site(sealed.site),
            sent_at: None,
            received_at: None,
            loaded_at: None,
            read_at: None,
            reported_at: None,
            positive: None,
            lost_at: None,
            found_at: None,
            marked_at: None,
            leaked: false,
            second_use: false,
            recorded: false,
            by_hand: false,
        }
    }
}

/// A box.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its code.
    pub code: UnitId,
    /// Where it was packed.
    pub site: usize,
    /// What is in it, really.
    pub tubes: Vec<TubeAt>,
    /// When it was closed.
    pub ready_at: Micros,
    /// Where it is.
    pub at: Whereabouts,
    /// Whether it was opened.
    pub opened: bool,
}

/// Everything that is carried about.
#[derive(Debug, Default)]
pub struct Goods {
    /// All tubes ever filled.
    pub tubes: Vec<Tube>,
    /// All boxes ever closed.
    pub boxes: Vec<Parcel>,
    by_code: BTreeMap<UnitId, Vec<TubeAt>>,
}

impl Goods {
    /// Adds a tube.
    pub fn add(&mut self, tube: Tube) -> TubeAt {
        let at = self.tubes.len();
        self.by_code.entry(tube.code).or_default().push(at);
        self.tubes.push(tube);
        at
    }

    /// The tubes with a code: one, unless the code was used twice.
    pub fn coded(&self, code: UnitId) -> &[TubeAt] {
        self.by_code.get(&code).map_or(&[], Vec::as_slice)
    }

    /// All codes with their tubes, in order.
    pub fn codes(&self) -> impl Iterator<Item = (&UnitId, &Vec<TubeAt>)> {
        self.by_code.iter()
    }

    /// The box with a code that has not been opened.
    pub fn parcel(&self, code: UnitId) -> Option<BoxAt> {
        self.boxes.iter().rposition(|b| b.code == code && !b.opened)
    }
}
