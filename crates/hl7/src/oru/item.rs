//! Reading one item: an order, its specimen and its observations.

use types::Micros;

use super::group::{Group, Item};
use super::{Header, ItemError, Options, TubeSource};
use crate::codes::{Target, are_cycles, read_ct, read_structured_ct};
use crate::message::SegmentRef;
use crate::part::Part;
use crate::result::{Ct, LabResult, Observation, Status, read_short, read_tube, read_well};
use crate::time::{ZoneOffset, read_ts};
use crate::{Fault, Rule};

pub(super) struct Reader<'a> {
    pub(super) options: &'a Options,
    pub(super) zone: ZoneOffset,
    pub(super) header: &'a Header,
}

/// What OBX-11 says of an observation (HL7 v2.5 7.4.2.11, table 0085).
enum State {
    /// It has a result of this finality.
    Live(Status),
    /// D, W, X, N: whatever stands there is not a result.
    Void,
    /// I, O: the result is still to come.
    Pending,
}

/// What has been gathered from the observations so far.
#[derive(Default)]
struct Gathered {
    live: Vec<Status>,
    voided: bool,
    pending: Option<Fault>,
    tested_at: Option<Micros>,
}

impl Reader<'_> {
    pub(super) fn read(&self, item: usize, group: &Group<'_>) -> Result<LabResult, ItemError> {
        let segments = match group {
            Group::Item(segments) => segments,
            Group::Broken { item: segments, fault } => {
                let tube = segments.as_ref().and_then(|s| self.tube(s).ok());
                return Err(ItemError { item, tube, fault: fault.clone() });
            }
        };
        let tube = self.tube(segments);
        let known = tube.as_ref().ok().cloned();
        tube.and_then(|tube| self.read_item(item, tube, segments)).map_err(|fault| ItemError {
            item,
            tube: known,
            fault,
        })
    }

    /// The tube's code, by the order of sources in the options.
    fn tube(&self, item: &Item<'_>) -> Result<String, Fault> {
        for source in &self.options.tube_from {
            let (segment, field, part) = match (source, item.specimen) {
                (TubeSource::SpecimenPlacer, Some(s)) => (s, 2, s.field(2).component(1)),
                (TubeSource::SpecimenFiller, Some(s)) => (s, 2, s.field(2).component(2)),
                (TubeSource::PlacerOrder, _) => (item.order, 2, item.order.field(2)),
                (TubeSource::FillerOrder, _) => (item.order, 3, item.order.field(3)),
                (_, None) => continue,
            };
            match read_tube(&part.text()) {
                Ok(tube) => return Ok(tube),
                Err(Rule::TubeMissing) => {}
                Err(rule) => return Err(rule.at(&segment, field)),
            }
        }
        let named = item.specimen.map_or((item.order, 3), |specimen| (specimen, 2));
        Err(Rule::TubeMissing.at(&named.0, named.1))
    }

    fn read_item(&self, item: usize, tube: String, parts: &Item<'_>) -> Result<LabResult, Fault> {
        let order = &parts.order;
        let mut result = LabResult {
            item,
            tube,
            placer_order: short(order, 2, &order.field(2))?,
            filler_order: short(order, 3, &order.field(3))?,
            laboratory: self.header.laboratory.clone(),
            message_id: Some(self.header.control_id.clone()),
            reported_at: self.time(order, 22)?,
            ..LabResult::default()
        };
        let mut gathered = Gathered::default();
        for obx in &parts.observations {
            self.observation(obx, order, &mut result, &mut gathered)?;
        }
        self.container(parts, &mut result)?;
        result.tested_at = gathered.tested_at;
        result.status = overall_status(order, &gathered)?;
        Ok(result)
    }

    fn observation(
        &self,
        obx: &SegmentRef<'_>,
        order: &SegmentRef<'_>,
        result: &mut LabResult,
        gathered: &mut Gathered,
    ) -> Result<(), Fault> {
        let code = obx.field(3);
        if !code.has_value() {
            return Err(Rule::ObservationIdMissing.at(obx, 3));
        }
        let Some(target) = self.options.codes.target(&code) else {
            result.other.push(Observation {
                code: code.component(1).text().into_owned(),
                name: code.component(2).text().into_owned(),
                value: obx.field(5).whole_text().into_owned(),
            });
            return Ok(());
        };
        if target.is_result() {
            match state(obx, order)? {
                State::Live(status) => {
                    if self.value(obx, target, result)? {
                        gathered.live.push(status);
                    }
                }
                State::Void => {
                    gathered.voided = true;
                    return Ok(());
                }
                State::Pending => {
                    gathered.pending.get_or_insert_with(|| Rule::ResultPending.at(obx, 11));
                    return Ok(());
                }
            }
            if let Some(instrument) = short(obx, 18, &obx.field(18))? {
                result.instrument.get_or_insert(instrument);
            }
            let analysed = self.time(obx, 19)?;
            let tested = if analysed.is_some() { analysed } else { self.time(obx, 14)? };
            gathered.tested_at = gathered.tested_at.max(tested);
        } else {
            self.value(obx, target, result)?;
        }
        Ok(())
    }

    /// Reads OBX-5 into the result; whether it said anything (HL7 v2.5 7.4.2.5).
    fn value(
        &self,
        obx: &SegmentRef<'_>,
        target: Target,
        result: &mut LabResult,
    ) -> Result<bool, Fault> {
        let value = obx.field(5);
        if !value.has_value() {
            return Ok(false);
        }
        if value.repetitions().nth(1).is_some() {
            return Err(Rule::ValueRepeated.at(obx, 5));
        }
        let kind = obx.field(2).text().trim().to_owned();
        let at_value = |rule: Rule| rule.at(obx, 5);
        match kind.as_str() {
            "" => return Err(Rule::ValueTypeMissing.at(obx, 2)),
            "NM" | "SN" | "ST" | "TX" | "FT" | "CWE" | "CE" | "CNE" | "IS" | "ID" => {}
            _ => return Err(Rule::ValueTypeUnsupported.at(obx, 2)),
        }
        match target {
            Target::N => put(&mut result.n, self.ct(obx, &kind)?, obx),
            Target::Orf1ab => put(&mut result.orf1ab, self.ct(obx, &kind)?, obx),
            Target::InternalControl => put(&mut result.internal_control, self.ct(obx, &kind)?, obx),
            Target::Interpretation => {
                let read = self.options.codes.interpretation_of(&value).map_err(at_value)?;
                put(&mut result.interpretation, Some(read), obx)
            }
            Target::Plate => {
                let read = read_short(&value.text()).map_err(at_value)?;
                put(&mut result.plate, read, obx)
            }
            Target::Well => {
                let read = read_well(&value.text()).map_err(at_value)?;
                put(&mut result.well, read, obx)
            }
        }
    }

    fn ct(&self, obx: &SegmentRef<'_>, kind: &str) -> Result<Option<Ct>, Fault> {
        let value = obx.field(5);
        let at_value = |rule: Rule| rule.at(obx, 5);
        let structured = kind == "SN" && value.components().nth(1).is_some();
        let ct = if structured {
            read_structured_ct(&value).map_err(at_value)?
        } else {
            let coded = matches!(kind, "CWE" | "CE" | "CNE");
            let mut read = read_ct(&value.text());
            if coded && !matches!(read, Ok(Some(_))) {
                // A code that says nothing to us may have a text that does.
                let by_text = read_ct(&value.component(2).text());
                read = if matches!(by_text, Ok(Some(_))) { by_text } else { read };
            }
            read.map_err(at_value)?
        };
        // A bare word has no unit to check; a number has, and copies per millilitre are no Ct.
        if matches!(ct, Some(Ct::At(_) | Ct::Above(_))) && !are_cycles(&obx.field(6)) {
            return Err(Rule::UnitsNotCycles.at(obx, 6));
        }
        Ok(ct)
    }

    /// Plate and well from the container segment, where no observation gave them: SAC-10,
    /// carrier, and SAC-11, position in it: two numbers are row and column (HL7 v2.5 13.4.3).
    fn container(&self, parts: &Item<'_>, result: &mut LabResult) -> Result<(), Fault> {
        let Some(sac) = &parts.container else { return Ok(()) };
        if result.plate.is_none() {
            result.plate = short(sac, 10, &sac.field(10))?;
        }
        if result.well.is_none() {
            let position = sac.field(11);
            let (row, column) = (position.text(), position.component(2).text());
            let letter = row
                .parse::<u8>()
                .ok()
                .filter(|row| (1..=16).contains(row) && !column.is_empty())
                .map(|row| char::from(b'A' + row - 1));
            let text = match letter {
                Some(letter) => format!("{letter}{column}"),
                None => position.whole_text().into_owned(),
            };
            result.well = read_well(&text).map_err(|rule| rule.at(sac, 11))?;
        }
        Ok(())
    }

    fn time(&self, segment: &SegmentRef<'_>, field: usize) -> Result<Option<Micros>, Fault> {
        let text = segment.field(field).text();
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        read_ts(text, self.zone).map(Some).map_err(|rule| rule.at(segment, field))
    }
}

fn short(segment: &SegmentRef<'_>, field: usize, part: &Part<'_>) -> Result<Option<String>, Fault> {
    read_short(&part.text()).map_err(|rule| rule.at(segment, field))
}

/// Puts a value where none is yet; the same value twice is fine. Whether there was one.
fn put<T: PartialEq>(
    slot: &mut Option<T>,
    value: Option<T>,
    obx: &SegmentRef<'_>,
) -> Result<bool, Fault> {
    match (&slot, &value) {
        (_, None) => return Ok(false),
        (Some(old), Some(new)) if old != new => return Err(Rule::ValueConflict.at(obx, 5)),
        _ => {}
    }
    *slot = value;
    Ok(true)
}

/// OBX-11, else OBR-25 (HL7 v2.5 7.4.2.11, 7.4.1.25).
fn state(obx: &SegmentRef<'_>, order: &SegmentRef<'_>) -> Result<State, Fault> {
    let own = obx.field(11).text();
    match own.trim() {
        "F" | "U" => Ok(State::Live(Status::Final)),
        "C" => Ok(State::Live(Status::Corrected)),
        "P" | "R" | "S" => Ok(State::Live(Status::Preliminary)),
        "D" | "W" | "X" | "N" => Ok(State::Void),
        "I" | "O" => Ok(State::Pending),
        "" => match order.field(25).text().trim() {
            "" => Err(Rule::StatusMissing.at(obx, 11)),
            "F" => Ok(State::Live(Status::Final)),
            "C" => Ok(State::Live(Status::Corrected)),
            "P" | "R" | "A" => Ok(State::Live(Status::Preliminary)),
            "X" | "Y" | "Z" => Ok(State::Void),
            "O" | "I" | "S" => Ok(State::Pending),
            _ => Err(Rule::StatusUnknown.at(order, 25)),
        },
        _ => Err(Rule::StatusUnknown.at(obx, 11)),
    }
}

/// The status of the item from those of its observations and of its order (table 0123): the
/// least final one.
fn overall_status(order: &SegmentRef<'_>, gathered: &Gathered) -> Result<Status, Fault> {
    let of_order = order.field(25).text();
    let of_order = of_order.trim();
    let cancelled = matches!(of_order, "X" | "Y" | "Z");
    if gathered.live.is_empty() {
        return match &gathered.pending {
            Some(fault) => Err(fault.clone()),
            None if gathered.voided || cancelled => Ok(Status::Cancelled),
            None if matches!(of_order, "O" | "I" | "S") => Err(Rule::ResultPending.at(order, 25)),
            None => Err(Fault::new(order.location(), Rule::NoResult, "")),
        };
    }
    if cancelled {
        return Err(Rule::StatusConflict.at(order, 25));
    }
    let order_preliminary = matches!(of_order, "P" | "R" | "A");
    if order_preliminary || gathered.live.contains(&Status::Preliminary) {
        Ok(Status::Preliminary)
    } else if of_order == "C" || gathered.live.contains(&Status::Corrected) {
        Ok(Status::Corrected)
    } else {
        Ok(Status::Final)
    }
}
