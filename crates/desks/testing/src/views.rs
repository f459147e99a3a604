//! What the testing desk can tell: boards, lists, results. Boards read counters only.

mod board;
mod lists;
mod results;
mod work;

pub use board::{
    HourLine, LabLine, PlaceLine, StageCounts, TurnaroundLine, hours, laboratories, percentile,
    places, round, rounds, targets, totals, turnaround, zones,
};
pub use lists::{
    BlindPerson, NotableTube, OpenRecall, SiteLine, VisitLine, blind_spots, claims, notable,
    plans_of_site, recalls, recalls_within, results_of_tube, sites, tube, tubes_by_barcode, visits,
};
pub use results::{PersonResult, State as ResultState, changed, latest, of_person};
pub use work::{
    CapacityLine, ExemptionKey, ExemptionLine, LabHour, Place, TubeLine, TubeStage, capacities,
    exemptions, lab_hours, transport_box, tubes, tubes_of,
};
