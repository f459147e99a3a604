//! From what a laboratory said to what the testing desk records: one mapping for messages and
//! files. Pure.

use hl7::{Ct, Interpretation, LabResult, Status};
use serde::{Deserialize, Serialize};
use testing::{Reading, RecordResult, ResultStatus};
use types::{HolderCode, Micros, Refusal, UnitId};

/// A result that knows everything but its tube and its laboratory. This is what waits in the
/// queue; it holds no personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The codes that may be the tube's, the likeliest first.
    pub codes: Vec<String>,
    /// The plate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// The well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub well: Option<String>,
    /// Ct of the N gene.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_n: Option<f64>,
    /// Ct of ORF1ab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_orf1ab: Option<f64>,
    /// Ct of the internal control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_control: Option<f64>,
    /// What the laboratory made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Reading>,
    /// When it was tested, as stated; else when it was reported or received.
    pub tested_at: Micros,
    /// How far it is settled.
    pub status: ResultStatus,
}

impl Draft {
    /// The draft of a result. `known_at` stands for the time of testing when the laboratory
    /// gives none: when the message was made, or when it was received.
    ///
    /// # Errors
    /// `feed-result-cancelled`: the laboratory says that no result will come, or that an earlier
    /// one does not stand. What follows from that is for a person to decide.
    pub fn of(result: &LabResult, known_at: Micros) -> Result<Draft, Refusal> {
        let status = match result.status {
            Status::Final => ResultStatus::Final,
            Status::Corrected => ResultStatus::Corrected,
            Status::Preliminary => ResultStatus::Preliminary,
            Status::Cancelled => return Err(Refusal::new("feed-result-cancelled")),
        };
        Ok(Draft {
            codes: codes(result),
            plate: result.plate.clone(),
            well: result.well.as_deref().map(plain_well),
            ct_n: result.n.and_then(target),
            ct_orf1ab: result.orf1ab.and_then(target),
            ct_control: result.internal_control.and_then(control),
            stated: result.interpretation.map(reading),
            tested_at: result.time().unwrap_or(known_at),
            status,
        })
    }

    /// The command's body for a tube and a laboratory.
    pub fn record(&self, tube: UnitId, lab: HolderCode) -> RecordResult {
        RecordResult {
            tube,
            lab,
            plate: self.plate.clone(),
            well: self.well.clone(),
            ct_n: self.ct_n,
            ct_orf1ab: self.ct_orf1ab,
            ct_control: self.ct_control,
            stated: self.stated,
            tested_at: self.tested_at,
            status: self.status,
        }
    }
}

/// The codes under which a tube may be known: what the message gives as its code, then the
/// numbers of the order, each once.
fn codes(result: &LabResult) -> Vec<String> {
    let mut codes = vec![result.tube.clone()];
    for other in [&result.placer_order, &result.filler_order].into_iter().flatten() {
        if !codes.contains(other) {
            codes.push(other.clone());
        }
    }
    codes
}

/// Cycles after which a target that has not crossed was not found: assays run 40 to 45.
const WHOLE_RUN: u32 = 40_000_000;

/// A target's Ct. "No crossing up to 40" is the same as not detected. "No crossing up to 37" is
/// taken as just above 37, the lowest value that it can have: an assay that stopped early gives
/// a grey tube rather than a negative one.
fn target(ct: Ct) -> Option<f64> {
    match ct {
        Ct::At(cycles) => Some(f64::from(cycles.micro()) / 1e6),
        Ct::Above(cycles) if cycles.micro() >= WHOLE_RUN => None,
        Ct::Above(cycles) => Some(f64::from(cycles.micro() + 1) / 1e6),
        Ct::Undetected => None,
    }
}

/// The control's Ct. One that did not cross was not detected: it must never pass for a valid
/// control.
fn control(ct: Ct) -> Option<f64> {
    match ct {
        Ct::At(cycles) => Some(f64::from(cycles.micro()) / 1e6),
        Ct::Above(_) | Ct::Undetected => None,
    }
}

fn reading(interpretation: Interpretation) -> Reading {
    match interpretation {
        Interpretation::Detected => Reading::Positive,
        Interpretation::NotDetected => Reading::Negative,
        Interpretation::Inconclusive => Reading::Grey,
        Interpretation::Invalid => Reading::Invalid,
    }
}

/// `B07` as the desk writes it, `B7`; other forms as they are.
fn plain_well(well: &str) -> String {
    let mut chars = well.chars();
    match chars.next() {
        Some(row @ 'A'..='P') => match chars.as_str().strip_prefix('0') {
            Some(column) if column.len() == 1 => format!("{row}{column}"),
            _ => well.to_owned(),
        },
        _ => well.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use hl7::Cycles;

    use super::*;

    fn cycles(text: &str) -> Cycles {
        Cycles::parse(text).expect("a number of cycles")
    }

    fn result() -> LabResult {
        LabResult { tube: "T1".into(), ..LabResult::default() }
    }

    #[test]
    fn no_crossing_in_a_whole_run_is_no_ct_and_in_a_short_one_it_is_not_negative() {
        let read = |text: &str| {
            let above = Some(Ct::Above(cycles(text)));
            let read = LabResult { n: above, internal_control: above, ..result() };
            let draft = Draft::of(&read, Micros(5)).expect("a draft");
            assert_eq!(draft.ct_control, None, "no control is made of it");
            draft.ct_n
        };
        assert_eq!((read("40"), read("45")), (None, None));
        assert!(read("37").is_some_and(|ct| ct > 37.0 && ct < 37.01));
    }

    #[test]
    fn what_is_below_a_cut_off_stays_below_it() {
        let read = LabResult { n: Some(Ct::At(cycles("34.999999"))), ..result() };
        let draft = Draft::of(&read, Micros(5)).expect("a draft");
        assert!(draft.ct_n.expect("a value") < 35.0);
    }

    #[test]
    fn the_time_is_that_of_the_test_else_of_the_report_else_of_the_message() {
        let at = |tested, reported| {
            let read = LabResult { tested_at: tested, reported_at: reported, ..result() };
            Draft::of(&read, Micros(5)).expect("a draft").tested_at
        };
        assert_eq!(at(Some(Micros(1)), Some(Micros(2))), Micros(1));
        assert_eq!(at(None, Some(Micros(2))), Micros(2));
        assert_eq!(at(None, None), Micros(5));
    }

    #[test]
    fn a_cancelled_result_is_for_a_person() {
        let read = LabResult { status: Status::Cancelled, ..result() };
        let refusal = Draft::of(&read, Micros(5)).expect_err("no draft");
        assert_eq!(refusal.code, "feed-result-cancelled");
    }

    #[test]
    fn codes_and_wells_are_written_one_way() {
        let read = LabResult {
            placer_order: Some("T1".into()),
            filler_order: Some("F1".into()),
            well: Some("B07".into()),
            ..result()
        };
        let draft = Draft::of(&read, Micros(5)).expect("a draft");
        assert_eq!(draft.codes, ["T1", "F1"]);
        assert_eq!(draft.well.as_deref(), Some("B7"));
        assert_eq!(
            [plain_well("A12"), plain_well("17"), plain_well("阳07")],
            ["A12", "17", "阳07"]
        );
        let text = serde_json::to_string(&draft).expect("written");
        assert_eq!(serde_json::from_str::<Draft>(&text).expect("read"), draft);
    }
}
