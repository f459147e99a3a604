//! What the staff sent, and what the system said to it.

use std::collections::BTreeMap;

use super::{Cell, Facts, Listing, Scorer, Section, Value, Words, measure, words};

/// See the module.
#[derive(Debug)]
pub struct Fieldwork;

const REFUSED: Words = words("被拒绝的记录", "Commands refused");
const REMARKED: Words = words("接受但有提示的记录", "Commands accepted with a remark");

impl Scorer for Fieldwork {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let c = facts.chronicle;
        let sum = |of: &BTreeMap<String, u64>| of.values().sum::<u64>() as i64;
        let sent = c.acknowledged as i64;
        Section {
            key: "fieldwork",
            title: words("现场工作", "Fieldwork"),
            lead: words(
                "工作人员上报的记录，以及系统的回应。",
                "What the staff recorded, and what the system said to it.",
            ),
            measures: vec![
                measure(
                    facts,
                    "acknowledged",
                    words("已确认的记录", "Commands acknowledged"),
                    Value::Count(sent),
                ),
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
                    words("敲门开门", "Doors that opened when knocked at"),
                    Value::Share { part: c.knocked.1 as i64, whole: c.knocked.0 as i64 },
                ),
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
        let columns = [words("代码", "Code"), words("次数", "Times")];
        let list = |title: Words, of: &BTreeMap<String, u64>| {
            let mut rows: Vec<(&String, &u64)> = of.iter().collect();
            rows.sort_by_key(|(code, n)| (std::cmp::Reverse(**n), (*code).clone()));
            let rows = rows
                .into_iter()
                .map(|(code, n)| vec![Cell::Text(code.clone()), Cell::Number(*n as i64)]);
            Listing::new(title, &columns, rows.collect())
        };
        vec![
            ("refused".into(), list(REFUSED, &facts.chronicle.refused)),
            ("remarked".into(), list(REMARKED, &facts.chronicle.remarked)),
        ]
    }
}
