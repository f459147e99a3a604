//! What came from outside: what was let happen, and what people did themselves.

use super::{Cell, Facts, Listing, Scorer, Section, Value, Words, measure, words};
use crate::control::Happening;

/// See the module.
#[derive(Debug)]
pub struct Outside;

const HAPPENED: Words = words("发生的事件", "What was let happen");
const TAKEN: Words = words("由人接手的岗位", "Work that people took over");
const BY_HAND: Words = words("由人封的试管", "Tubes that people filled");

fn told(what: &Happening) -> String {
    match what {
        Happening::LaboratoryFails { lab, hours } => {
            let lab = lab.as_ref().map_or("", |l| l.as_str());
            format!("实验室停摆 laboratory stands still {lab} {hours} h")
        }
        Happening::MarketCluster { persons } => format!("市场聚集 market cluster {persons}"),
        Happening::CourierStrike { hours } => format!("转运停工 courier strike {hours} h"),
        Happening::HiddenDormitory => "名册外宿舍 a dormitory on no list".to_owned(),
        Happening::SupplyBreaksDown { days } => {
            format!("市场关停、司机被封 markets closed, drivers held {days} d")
        }
        Happening::Storm { hours } => format!("暴风雪 storm {hours} h"),
    }
}

impl Scorer for Outside {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let c = facts.chronicle;
        let by_hand = facts.goods.tubes.iter().filter(|t| t.by_hand).count() as i64;
        let count =
            |key: &str, title, n: i64| measure(facts, key, title, Value::Count(n)).behind(key);
        Section {
            key: "outside",
            title: words("外来影响", "From outside"),
            lead: words(
                "演练中人为触发的事件，以及参演人员亲自完成的工作。",
                "What was let happen in the drill, and the work that people did themselves.",
            ),
            measures: vec![
                count("happened", HAPPENED, c.happened.len() as i64),
                count("taken_over", TAKEN, c.taken_over.len() as i64),
                count("by_hand", BY_HAND, by_hand),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let c = facts.chronicle;
        let rows =
            c.happened.iter().map(|(at, what)| vec![Cell::Time(Some(*at)), Cell::Text(told(what))]);
        let columns = [words("时间", "Time"), words("事件", "What")];
        let happened = Listing::new(HAPPENED, &columns, rows.collect());
        let rows = c.taken_over.iter().map(|t| {
            vec![
                Cell::Text(t.holder.to_string()),
                Cell::Time(Some(t.from)),
                Cell::Time(t.until),
                Cell::Number(t.acts as i64),
            ]
        });
        let columns = [
            words("岗位", "Whose work"),
            words("接手", "Since"),
            words("交还", "Until"),
            words("记录数", "Commands"),
        ];
        let taken = Listing::new(TAKEN, &columns, rows.collect());
        let by_hand = facts.goods.tubes.iter().filter(|t| t.by_hand).map(|t| {
            vec![
                Cell::Text(t.code.to_string()),
                Cell::Number(t.swabbed.len() as i64),
                Cell::Time(Some(t.sealed_at)),
                Cell::Time(t.reported_at),
            ]
        });
        let columns = [
            words("试管", "Tube"),
            words("人数", "Persons"),
            words("封管", "Sealed"),
            words("出结果", "Result"),
        ];
        let by_hand = Listing::new(BY_HAND, &columns, by_hand.collect());
        vec![
            ("happened".into(), happened),
            ("taken_over".into(), taken),
            ("by_hand".into(), by_hand),
        ]
    }
}
