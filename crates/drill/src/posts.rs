//! The posts of a drill and what is done at them: tasks, and where each site, courier, laboratory,
//! plate, facility and vehicle stands.

use std::collections::{BTreeSet, VecDeque};

use testing::{Mode, Zone};
use types::{AreaCode, HolderCode, Micros, PlaceCode, UnitId};

use crate::goods::{BoxAt, TubeAt};
use crate::staff::SupplyTask;

/// Something to do.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Dawn(u32),
    OpenRound,
    PrepareRound { round: usize },
    Shift { site: usize },
    Refresh { site: usize },
    Fill { site: usize },
    Pack { site: usize },
    Sync,
    Tour { courier: usize },
    Deliver { courier: usize, lab: usize },
    OpenBox { parcel: BoxAt, lab: usize },
    Bench { lab: usize },
    Read { plate: usize },
    Confirm { plate: usize },
    Found { tube: TubeAt },
    Desk,
    Cases { area: AreaCode },
    Report { case: UnitId },
    Examine { case: UnitId },
    WardRound { area: AreaCode },
    Settle { area: AreaCode },
    Visits { area: AreaCode },
    Knock { community: PlaceCode, area: AreaCode },
    Beds,
    Drive { vehicle: usize },
    CleanVehicle { vehicle: usize },
    TakeIn { ward: usize },
    WardHour { ward: usize },
    BedsideRound { ward: usize },
    CloseRound { round: usize },
    Trace { area: AreaCode },
    OnSite { case: UnitId },
    Interview { case: UnitId },
    FullReport { case: UnitId },
    FetchContact { contact: UnitId },
    FollowUp { area: AreaCode },
    LetContactsGo { area: AreaCode },
    HomeOver { area: AreaCode },
    Zones,
    WatchZones,
    OrderSweeps { area: AreaCode },
    Walk { area: AreaCode },
    Sweep { community: PlaceCode, area: AreaCode },
    Zero,
    Supply(SupplyTask),
    Dusk(u32),
}

/// Persons who will share a tube.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub persons: Vec<u32>,
    pub mode: Mode,
    pub zone: Zone,
}

/// A site at work.
#[derive(Debug)]
pub(crate) struct SiteWork {
    pub code: HolderCode,
    pub area: AreaCode,
    pub device: usize,
    pub stands: i64,
    pub community: Option<PlaceCode>,
    pub compounds: Vec<PlaceCode>,
    pub round: Option<usize>,
    pub queue: VecDeque<Group>,
    pub loose: Vec<TubeAt>,
    pub ready: Vec<BoxAt>,
    pub filling: bool,
    pub looks: u32,
    pub closed_until: Micros,
    pub last: Option<UnitId>,
}

/// A courier at work.
#[derive(Debug)]
pub(crate) struct CourierWork {
    pub device: usize,
    pub cargo: Vec<BoxAt>,
    pub tours: u32,
    pub under_way: bool,
    pub idle_until: Micros,
}

/// A laboratory at work.
#[derive(Debug)]
pub(crate) struct LabWork {
    pub device: usize,
    pub free_at: Micros,
    pub plates: u32,
    pub fails_until: Micros,
    /// Whether something is there, or was when it looked last.
    pub busy: bool,
}

/// A facility at work.
#[derive(Clone, Debug)]
pub(crate) struct WardWork {
    pub holder: HolderCode,
    pub area: AreaCode,
    pub device: usize,
}

/// A crew at work.
#[derive(Clone, Debug)]
pub(crate) struct CrewWork {
    pub holder: HolderCode,
    pub area: AreaCode,
    pub device: usize,
    // When the crew looks at its trip next, if it has one.
    pub looks_at: Option<Micros>,
}

/// A plate.
#[derive(Clone, Debug)]
pub(crate) struct Plate {
    pub name: String,
    pub lab: usize,
    /// The names of wells, with the tube in each.
    pub wells: Vec<(String, TubeAt)>,
    /// Reported as preliminary: looked at once more.
    pub doubtful: BTreeSet<TubeAt>,
    /// When the run ends.
    pub ready_at: Micros,
}
