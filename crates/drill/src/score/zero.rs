//! Community zero: what was signed while a chain ran on unseen, and how long a county waited for it that had
//! been free for days.

use types::{AreaCode, Micros, Span};

use super::records::Signed;
use super::{Cell, Facts, Listing, Scorer, Section, Spans, Value, Words, measure, words};

/// See the module.
#[derive(Debug)]
pub struct Zero;

const SIGNED: Words = words("签发的清零证书", "Certificates of zero signed");
const FALSE: Words =
    words("误清零：签发时仍有隐匿传播", "False zero: signed while a hidden chain ran on");
const CLAIMS: Words = words("各区县当前状态", "How the counties stand now");

fn area_of(signed: &Signed) -> Option<AreaCode> {
    AreaCode::parse(&signed.ground).ok()
}

/// Infected persons at large in the ground of a certificate when it was signed.
fn alive(facts: &Facts<'_>, signed: &Signed) -> Vec<u32> {
    area_of(signed).map_or_else(Vec::new, |area| facts.loose_in(area, signed.at))
}

/// The last claim that was read of each county.
fn last_claims<'a>(
    facts: &'a Facts<'_>,
) -> std::collections::BTreeMap<AreaCode, &'a super::records::Claimed> {
    facts.chronicle.claims.iter().map(|claim| (claim.area, claim)).collect()
}

fn is_signed(facts: &Facts<'_>, area: AreaCode, at: Micros) -> bool {
    facts.chronicle.signed.iter().any(|s| {
        area_of(s) == Some(area)
            && s.at <= at
            && at < s.until
            && s.withdrawn_at.is_none_or(|gone| at < gone)
    })
}

/// How long each county has been free and nobody signed it, as of now.
fn waiting(facts: &Facts<'_>) -> impl Iterator<Item = (AreaCode, Span)> {
    facts.town.areas.iter().filter_map(|area| {
        let since = facts.truly_zero_since(*area, facts.now)?;
        let unsigned = !is_signed(facts, *area, facts.now);
        unsigned.then_some((*area, facts.now - since))
    })
}

impl Scorer for Zero {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let signed = &facts.chronicle.signed;
        let whole = signed.len() as i64;
        let wrong = signed.iter().filter(|s| !alive(facts, s).is_empty()).count() as i64;
        let withdrawn = signed.iter().filter(|s| s.withdrawn_at.is_some()).count() as i64;
        let late =
            signed.iter().filter_map(|s| Some(s.at - facts.truly_zero_since(area_of(s)?, s.at)?));
        let loose: usize =
            facts.town.areas.iter().map(|a| facts.loose_in(*a, facts.now).len()).sum();
        Section {
            key: "zero",
            title: words("社会面清零", "Community zero"),
            lead: words(
                "证书签发时社会面是否真的没有感染者；真正清零后又等了多久。",
                "Whether nobody in the community was infected when it was signed; and how long after that.",
            ),
            measures: vec![
                measure(facts, "zero_signed", SIGNED, Value::Count(whole)).behind("zero_signed"),
                measure(facts, "zero_false", FALSE, Value::Share { part: wrong, whole })
                    .behind("zero_signed"),
                measure(
                    facts,
                    "zero_withdrawn",
                    words("其中已撤销", "Withdrawn again"),
                    Value::Share { part: withdrawn, whole },
                )
                .behind("zero_signed"),
                measure(
                    facts,
                    "zero_late",
                    words("晚清零：真正清零到签发", "Late zero: from true zero to the signature"),
                    Value::Spans(Spans::of(late)),
                )
                .behind("zero_signed"),
                measure(
                    facts,
                    "zero_waiting",
                    words("已真正清零而未签发的区县", "Counties that are free, and not signed"),
                    Value::Count(waiting(facts).count() as i64),
                )
                .behind("zero_claims"),
                measure(
                    facts,
                    "zero_loose",
                    words("此刻社会面上的感染者", "Infected persons in the community now"),
                    Value::Count(loose as i64),
                )
                .behind("zero_claims"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        vec![("zero_signed".into(), all_signed(facts)), ("zero_claims".into(), all_claims(facts))]
    }
}

fn all_signed(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.signed.iter().map(|s| {
        let since = area_of(s).and_then(|area| facts.truly_zero_since(area, s.at));
        vec![
            Cell::Text(s.number.clone()),
            Cell::Text(s.ground.clone()),
            Cell::Time(Some(s.at)),
            Cell::Time(since),
            Cell::Hours(since.map(|since| (s.at - since).as_hours())),
            Cell::Number(alive(facts, s).len() as i64),
            Cell::Time(s.withdrawn_at),
            Cell::Text(s.cause.clone()),
        ]
    });
    let columns = [
        words("编号", "Number"),
        words("区县", "County"),
        words("签发", "Signed"),
        words("真正清零", "Truly zero since"),
        words("晚（小时）", "Hours late"),
        words("签发时在社会面的感染者", "Infected at large then"),
        words("撤销", "Withdrawn"),
        words("原因", "Cause"),
    ];
    Listing::new(SIGNED, &columns, rows.collect())
}

fn all_claims(facts: &Facts<'_>) -> Listing {
    let last = last_claims(facts);
    let rows = facts.town.areas.iter().map(|area| {
        let since = facts.truly_zero_since(*area, facts.now);
        let claim = last.get(area);
        vec![
            Cell::Text(area.to_string()),
            Cell::Time(since),
            Cell::Number(facts.loose_in(*area, facts.now).len() as i64),
            Cell::Time(claim.map(|c| c.at)),
            Cell::Text(claim.map(|c| c.level.clone()).unwrap_or_default()),
            Cell::Text(claim.map(|c| c.unmet.join(", ")).unwrap_or_default()),
            Cell::Number(i64::from(is_signed(facts, *area, facts.now))),
        ]
    });
    let columns = [
        words("区县", "County"),
        words("真正清零", "Truly zero since"),
        words("社会面感染者", "Infected at large"),
        words("指挥部最近查看", "Read by the command"),
        words("系统判断", "By the system"),
        words("未满足", "Not met"),
        words("有效证书", "Certificate holds"),
    ];
    Listing::new(CLAIMS, &columns, rows.collect())
}
