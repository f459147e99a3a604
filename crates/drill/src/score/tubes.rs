//! What became of the tubes: in truth, and whether it was noticed.

use super::{Cell, Facts, Listing, Scorer, Section, Value, Words, measure, words};
use crate::goods::Tube;

/// See the module.
#[derive(Debug)]
pub struct Tubes;

const FILLED: Words = words("封管总数", "Tubes filled");
const LOST: Words = words("真正丢失的试管", "Tubes really lost");
const NOTICED: Words = words("其中系统已认定丢失", "Of these noticed as lost");
const FOUND: Words = words("其中后来找到", "Of these found again");
const SPOILT: Words = words("渗漏或失效的试管", "Tubes leaked or spoilt");
const TWICE: Words = words("条码重复使用的试管", "Tubes under a code used before");
const OPEN: Words = words("仍在途中的试管", "Tubes still on their way");

/// Persons of a tube who were swabbed again after it, in the same round or a later one.
fn again(facts: &Facts<'_>, tube: &Tube) -> usize {
    let later = |p: &&u32| facts.last_swab.get(p).is_some_and(|at| *at > tube.sealed_at);
    tube.swabbed.iter().filter(later).count()
}

fn is_open(tube: &Tube) -> bool {
    tube.reported_at.is_none() && tube.marked_at.is_none() && tube.lost_at.is_none()
}

impl Scorer for Tubes {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let tubes = &facts.goods.tubes;
        let lost: Vec<&Tube> = tubes.iter().filter(|t| t.lost_at.is_some()).collect();
        let count = |is: &dyn Fn(&Tube) -> bool| tubes.iter().filter(|t| is(t)).count() as i64;
        let of_lost = |is: &dyn Fn(&Tube) -> bool| Value::Share {
            part: lost.iter().filter(|t| is(t)).count() as i64,
            whole: lost.len() as i64,
        };
        let persons: usize = lost.iter().map(|t| t.swabbed.len()).sum();
        let reached: usize = lost.iter().map(|t| again(facts, t)).sum();
        Section {
            key: "tubes",
            title: words("试管", "Tubes"),
            lead: words(
                "每一管的真实去向，系统是否察觉，受影响的人是否重采。",
                "Where each tube really went, whether the system noticed, and whether its people \
                 were swabbed again.",
            ),
            measures: vec![
                measure(facts, "filled", FILLED, Value::Count(tubes.len() as i64)).behind("filled"),
                measure(
                    facts,
                    "recorded",
                    words("系统已登记", "Of these recorded by the system"),
                    Value::Share { part: count(&|t| t.recorded), whole: tubes.len() as i64 },
                )
                .behind("unrecorded"),
                measure(
                    facts,
                    "with_result",
                    words("系统已有结果", "With a result in the system"),
                    Value::Share {
                        part: count(&|t| t.reported_at.is_some()),
                        whole: tubes.len() as i64,
                    },
                )
                .behind("open"),
                measure(facts, "open", OPEN, Value::Count(count(&is_open))).behind("open"),
                measure(facts, "lost", LOST, Value::Count(lost.len() as i64)).behind("lost"),
                measure(facts, "lost_noticed", NOTICED, of_lost(&|t| t.marked_at.is_some()))
                    .behind("lost_noticed"),
                measure(facts, "lost_found", FOUND, of_lost(&|t| t.found_at.is_some()))
                    .behind("lost_found"),
                measure(
                    facts,
                    "lost_again",
                    words("丢失试管的人员已重采", "Persons of lost tubes swabbed again"),
                    Value::Share { part: reached as i64, whole: persons as i64 },
                )
                .behind("lost"),
                measure(facts, "spoilt", SPOILT, Value::Count(count(&|t| t.leaked)))
                    .behind("spoilt"),
                measure(facts, "twice", TWICE, Value::Count(count(&|t| t.second_use)))
                    .behind("twice"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let columns = [
            words("试管", "Tube"),
            words("人数", "Persons"),
            words("封管", "Sealed"),
            words("丢失", "Lost"),
            words("认定", "Marked"),
            words("找到", "Found"),
            words("出结果", "Result"),
            words("已重采人数", "Swabbed again"),
        ];
        let row = |tube: &Tube| {
            vec![
                Cell::Text(tube.code.to_string()),
                Cell::Number(tube.swabbed.len() as i64),
                Cell::Time(Some(tube.sealed_at)),
                Cell::Time(tube.lost_at),
                Cell::Time(tube.marked_at),
                Cell::Time(tube.found_at),
                Cell::Time(tube.reported_at),
                Cell::Number(if is_open(tube) { 0 } else { again(facts, tube) as i64 }),
            ]
        };
        let list = |name: &str, title: Words, is: &dyn Fn(&Tube) -> bool| {
            let all = || facts.goods.tubes.iter().filter(|t| is(t));
            let rows = all().take(super::ROWS).map(row).collect();
            (name.to_owned(), Listing::first(title, &columns, rows, all().count()))
        };
        vec![
            list("filled", FILLED, &|_| true),
            list("lost", LOST, &|t| t.lost_at.is_some()),
            list("lost_noticed", NOTICED, &|t| t.lost_at.is_some() && t.marked_at.is_some()),
            list("lost_found", FOUND, &|t| t.lost_at.is_some() && t.found_at.is_some()),
            list("spoilt", SPOILT, &|t| t.leaked),
            list("twice", TWICE, &|t| t.second_use),
            list("open", OPEN, &is_open),
            list(
                "unrecorded",
                words("系统尚未登记的试管", "Tubes not recorded yet"),
                &|t| !t.recorded,
            ),
        ]
    }
}
