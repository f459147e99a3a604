//! Cutting a result message into items (HL7 v2.5 7.3.1).

use crate::message::{Message, SegmentRef};
use crate::{Fault, Rule};

/// The segments of one item, or the fault that makes it none.
pub(super) enum Group<'a> {
    Item(Item<'a>),
    Broken { item: Option<Item<'a>>, fault: Fault },
}

/// The segments of one item.
pub(super) struct Item<'a> {
    pub(super) order: SegmentRef<'a>,
    pub(super) specimen: Option<SegmentRef<'a>>,
    pub(super) container: Option<SegmentRef<'a>>,
    pub(super) observations: Vec<SegmentRef<'a>>,
}

struct Order<'a> {
    obr: SegmentRef<'a>,
    container: Option<SegmentRef<'a>>,
    observations: Vec<SegmentRef<'a>>,
    specimens: Vec<Specimen<'a>>,
}

struct Specimen<'a> {
    spm: SegmentRef<'a>,
    container: Option<SegmentRef<'a>>,
    observations: Vec<SegmentRef<'a>>,
}

/// The items of a message, in order.
pub(super) fn groups(message: &Message) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut open: Option<Order<'_>> = None;
    let mut in_orphans = false;
    for segment in message.segments() {
        match (segment.id(), &mut open) {
            ("OBR", _) => {
                close(open.take(), &mut groups);
                in_orphans = false;
                open = Some(Order {
                    obr: segment,
                    container: None,
                    observations: Vec::new(),
                    specimens: Vec::new(),
                });
            }
            ("PID", _) => {
                close(open.take(), &mut groups);
                in_orphans = false;
            }
            ("OBX", Some(order)) => match order.specimens.last_mut() {
                Some(specimen) => specimen.observations.push(segment),
                None => order.observations.push(segment),
            },
            ("SPM", Some(order)) => order.specimens.push(Specimen {
                spm: segment,
                container: None,
                observations: Vec::new(),
            }),
            ("SAC", Some(order)) => match order.specimens.last_mut() {
                Some(specimen) => specimen.container = specimen.container.or(Some(segment)),
                None => order.container = order.container.or(Some(segment)),
            },
            ("OBX" | "SPM", None) if !in_orphans => {
                in_orphans = true;
                let fault = Fault::new(segment.location(), Rule::ObservationWithoutOrder, "");
                groups.push(Group::Broken { item: None, fault });
            }
            _ => {}
        }
    }
    close(open, &mut groups);
    groups
}

fn close<'a>(order: Option<Order<'a>>, groups: &mut Vec<Group<'a>>) {
    let Some(order) = order else { return };
    let Order { obr, container, mut observations, specimens } = order;
    let several = specimens.len() > 1;
    if specimens.is_empty() {
        groups.push(Group::Item(Item { order: obr, specimen: None, container, observations }));
        return;
    }
    let ambiguous = observations
        .first()
        .filter(|_| several)
        .map(|obx| Fault::new(obx.location(), Rule::SpecimenAmbiguous, ""));
    for specimen in specimens {
        // With one specimen, what stands before it is its own; with several it is ambiguous.
        let mut all = if several { Vec::new() } else { std::mem::take(&mut observations) };
        all.extend(specimen.observations);
        let item = Item {
            order: obr,
            specimen: Some(specimen.spm),
            container: specimen.container.or(container),
            observations: all,
        };
        groups.push(match &ambiguous {
            Some(fault) => Group::Broken { item: Some(item), fault: fault.clone() },
            None => Group::Item(item),
        });
    }
}
