//! What the staff sent, and what the system said to it.

use std::collections::BTreeMap;

use super::chronicle::Doors;
use super::{COMPOUND, Cell, Facts, Listing, Scorer, Section, Value, Words, measure, words};

/// See the module.
#[derive(Debug)]
pub struct Fieldwork;

const ACKNOWLEDGED: Words = words("已确认的记录", "Commands acknowledged");
const DOORS: Words = words("敲门开门", "Doors that opened when knocked at");
const REFUSED: Words = words("被拒绝的记录", "Commands refused");
const REMARKED: Words = words("接受但有提示的记录", "Commands accepted with a remark");

fn by_code(of: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    of.iter().map(|(code, n)| (code.as_str(), *n)).collect()
}

impl Scorer for Fieldwork {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let c = facts.chronicle;
        let sum = |of: &BTreeMap<String, u64>| of.values().sum::<u64>() as i64;
        let sent = c.acknowledged.values().sum::<u64>() as i64;
        let doors = |of: fn(&Doors) -> u64| c.doors.values().map(of).sum::<u64>() as i64;
        Section {
            key: "fieldwork",
            title: words("现场工作", "Fieldwork"),
            lead: words(
                "工作人员上报的记录，以及系统的回应。",
                "What the staff recorded, and what the system said to it.",
            ),
            measures: vec![
                measure(facts, "acknowledged", ACKNOWLEDGED, Value::Count(sent))
                    .behind("acknowledged"),
                measure(
                    facts,
                    "refused",
                    REFUSED,
                    Value::Share { part: sum(&c.refused), whole: sent },
                )
                .behind("refused"),
                measure(facts, "remarked", REMARKED, Value::Count(sum(&c.remarked)))
                    .behind("remarked"),
                measure(
                    facts,
                    "doors",
                    DOORS,
                    Value::Share { part: doors(|d| d.opened), whole: doors(|d| d.knocked) },
                )
                .behind("doors"),
                measure(
                    facts,
                    "findings",
                    words("待人裁定的疑点", "Findings that wait for a person"),
                    Value::Count(c.findings),
                )
                .on_page("/testing/findings"),
                measure(
                    facts,
                    "late",
                    words("当前超时的单元", "Units that are late now"),
                    Value::Count(c.late),
                )
                .on_page("/testing/late"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let c = facts.chronicle;
        let columns = [words("代码", "Code"), words("次数", "Times")];
        let list = |title: Words, of: Vec<(&str, u64)>| {
            let mut rows = of;
            rows.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
            let rows = rows
                .into_iter()
                .map(|(code, n)| vec![Cell::Text(code.to_owned()), Cell::Number(n as i64)]);
            Listing::new(title, &columns, rows.collect())
        };
        let acknowledged = c.acknowledged.iter().map(|(kind, n)| (*kind, *n)).collect();
        let number = |id| c.rounds.iter().find(|r| r.id == id).map_or(0, |r| i64::from(r.number));
        let doors = c.doors.iter().map(|((round, compound), doors)| {
            vec![
                Cell::Number(number(*round)),
                Cell::Text(compound.to_string()),
                Cell::Number(doors.knocked as i64),
                Cell::Number(doors.opened as i64),
            ]
        });
        let columns = [
            words("轮次", "Round"),
            COMPOUND,
            words("敲门", "Knocked at"),
            words("开门", "Opened"),
        ];
        let doors = Listing::new(DOORS, &columns, doors.collect());
        vec![
            ("acknowledged".into(), list(ACKNOWLEDGED, acknowledged)),
            ("refused".into(), list(REFUSED, by_code(&c.refused))),
            ("remarked".into(), list(REMARKED, by_code(&c.remarked))),
            ("doors".into(), doors),
        ]
    }
}
