//! Bulletins: published figures of Jilin in spring 2022 from line lists made to match them, and
//! what must never happen to a figure.

use std::collections::BTreeMap;

use analytics::bulletin::{
    Case, CaseEvent, CaseId, CaseKind, CaseMistake, Cell, Figure, Figures, Infections, Measure,
    Misfit, ReportWindow, Streak, check_case, count, infections, reconcile, streak, suppress,
    suppress_parts, totals,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::Offset;
use proptest::prelude::*;
use types::{Micros, PlaceCode, Span};

use crate::table::{Table, TestResult};

const CHINA: Offset = Offset::constant(8);

fn place(code: &str) -> PlaceCode {
    PlaceCode::parse(code).expect("a place code")
}

/// A line list that grows by counts.
#[derive(Default)]
struct LineList {
    cases: Vec<Case>,
    /// Cases that can still be discharged or released or converted, by area and kind.
    open: BTreeMap<(String, bool), Vec<usize>>,
}

impl LineList {
    fn report(&mut self, area: &str, at: Micros, kind: CaseKind, n: u64) {
        for _ in 0..n {
            let id = CaseId(format!("{area}-{}", self.cases.len()));
            let confirmed = kind == CaseKind::Confirmed;
            self.open.entry((area.to_owned(), confirmed)).or_default().push(self.cases.len());
            let events = vec![(at, CaseEvent::Reported(kind))];
            self.cases.push(Case { id, area: place(area), events });
        }
    }

    fn happen(&mut self, area: &str, at: Micros, event: CaseEvent, n: u64) -> TestResult {
        let of_confirmed = matches!(event, CaseEvent::Discharged | CaseEvent::Died);
        for _ in 0..n {
            let open = self.open.entry((area.to_owned(), of_confirmed)).or_default();
            if open.is_empty() {
                return Err(format!("nobody left in {area} for {event:?}").into());
            }
            let case = open.remove(0);
            self.cases[case].events.push((at, event));
            if event == CaseEvent::Converted {
                self.open.entry((area.to_owned(), true)).or_default().push(case);
            }
        }
        Ok(())
    }
}

fn at(day: Date, hour: i64) -> Micros {
    ReportWindow::whole(day).start(CHINA) + Span::hours(hour)
}

/// 9 April 2022: 242 confirmed and 755 asymptomatic in Jilin province (health commission of the
/// province, 10 April). How they spread over the cities is made up here.
#[test]
fn jilin_province_on_9_april_2022() -> TestResult {
    let day = date(2022, 4, 9);
    let mut list = LineList::default();
    // Found the days before, so that some can be converted on the 9th.
    list.report("220102", at(day, -30), CaseKind::Asymptomatic, 60);
    for (area, confirmed, asymptomatic) in
        [("220102", 120, 500), ("220104", 30, 203), ("220202", 40, 40), ("220322", 12, 12)]
    {
        list.report(area, at(day, 10), CaseKind::Confirmed, confirmed);
        list.report(area, at(day, 23), CaseKind::Asymptomatic, asymptomatic);
    }
    list.happen("220102", at(day, 12), CaseEvent::Converted, 40)?;
    // One minute into the next day belongs to the next bulletin.
    list.report("220102", at(day, 24) + Span::minutes(1), CaseKind::Confirmed, 9);
    let window = ReportWindow::whole(day);
    let province = count(&list.cases, &place("22"), window, CHINA);
    assert_eq!(province.number(Measure::Confirmed), 242);
    assert_eq!(province.number(Measure::Asymptomatic), 755);
    assert_eq!(province.number(Measure::Converted), 40);
    assert_eq!(infections(242, Some(40), 755)?, Infections::Exactly(957));
    assert_eq!(infections(242, None, 755)?, Infections::Between(755, 997));
    // The cities add up to the province, hour by hour.
    let cities: u64 = ["2201", "2202", "2203"]
        .iter()
        .map(|c| count(&list.cases, &place(c), window, CHINA).number(Measure::Confirmed))
        .sum();
    assert_eq!(cities, 242);
    let morning = ReportWindow::hours(day, 0, 11)?;
    let rest = ReportWindow::hours(day, 11, 24)?;
    let part = |w| count(&list.cases, &place("22"), w, CHINA).number(Measure::Confirmed);
    assert_eq!((part(morning), part(rest)), (202, 40));
    assert_eq!(morning.joined(rest), Some(window));
    // The bulletin made of it reconciles; a number that is off by one is named.
    let figure = |measure, area: &str, value| Figure {
        measure,
        area: place(area),
        window,
        as_of: at(day, 24),
        publisher: "province".to_owned(),
        value,
    };
    let mut bulletin = Vec::new();
    for area in ["22", "2201", "2202", "2203"] {
        let counted = count(&list.cases, &place(area), window, CHINA);
        for measure in Measure::ALL {
            bulletin.push(figure(measure, area, counted.number(measure)));
        }
    }
    let fine = reconcile(&bulletin, &list.cases, CHINA, true);
    assert_eq!(fine.misfits, []);
    assert_eq!(fine.lines[0].cases.len(), 242, "every count opens into its cases");
    bulletin[0].value = 243;
    let off = reconcile(&bulletin, &list.cases, CHINA, true);
    assert_eq!(
        off.misfits,
        [
            Misfit::Figure { figure: bulletin[0].clone(), counted: 242 },
            Misfit::Parts { whole: bulletin[0].clone(), parts: 242 },
        ]
    );
    Ok(())
}

/// Published days of Jilin City, and made-up ones for those that were not found (see the README of
/// the data), so that what was told of the whole comes out.
#[test]
fn jilin_city_discharges_exceed_new_infections_on_8_days_in_a_row() -> TestResult {
    let mut figures = Figures::default();
    let code = |row: &crate::table::Row| row.text("area").map(str::to_owned);
    for row in Table::read("jilin/daily.csv")?.rows {
        if code(&row)? != "220200" || row.text("quality")? != "reported" {
            continue;
        }
        let day: Date = row.text("date")?.parse()?;
        let measure = match row.text("measure")? {
            "confirmed" => Measure::Confirmed,
            "converted" => Measure::Converted,
            "asymptomatic" => Measure::Asymptomatic,
            "discharged" => Measure::Discharged,
            _ => Measure::Released,
        };
        figures.add(Figure {
            measure,
            area: place("2202"),
            window: ReportWindow::whole(day),
            as_of: at(day, 24),
            publisher: "province".to_owned(),
            value: row.whole("value")? as u64,
        })?;
    }
    let city = place("2202");
    let as_of = at(date(2022, 4, 10), 0);
    let (first, last) = (date(2022, 3, 31), date(2022, 4, 8));
    // What was published, day by day. An unpublished conversion can only lower new infections.
    let mut new = BTreeMap::new();
    let mut gone = BTreeMap::new();
    let days: Vec<Date> = (0..9).filter_map(|d| first.checked_add(d.days()).ok()).collect();
    for day in &days {
        if let Some(infections) = figures.infections_of_day(&city, *day, as_of)? {
            new.insert(*day, infections.at_most());
        }
        let value = |m| figures.of_day(m, &city, *day, as_of);
        if let (Some(d), Some(r)) = (value(Measure::Discharged), value(Measure::Released)) {
            gone.insert(*day, d + r);
        }
    }
    // On 4 and 5 April discharges, on 2 and 5 April asymptomatic infections are missing: published
    // figures alone say three days at least.
    assert_eq!(streak(&gone, &new, last), Streak { days: 3, closed: false });

    // A line list that has all published days, and for the missing ones something plausible.
    let mut list = LineList::default();
    let ward = "220202";
    let stock = at(first, -48);
    list.report(ward, stock, CaseKind::Confirmed, 12_000);
    list.report(ward, stock, CaseKind::Asymptomatic, 11_000);
    for day in &days {
        let value = |m, otherwise| figures.of_day(m, &city, *day, as_of).unwrap_or(otherwise);
        let converted = value(Measure::Converted, 0);
        list.report(
            ward,
            at(*day, 9),
            CaseKind::Confirmed,
            value(Measure::Confirmed, 0) - converted,
        );
        let asymptomatic = value(Measure::Asymptomatic, 250);
        list.report(ward, at(*day, 9), CaseKind::Asymptomatic, asymptomatic);
        list.happen(ward, at(*day, 10), CaseEvent::Converted, converted)?;
        list.happen(ward, at(*day, 15), CaseEvent::Discharged, value(Measure::Discharged, 400))?;
        list.happen(ward, at(*day, 15), CaseEvent::Released, value(Measure::Released, 300))?;
    }
    let (mut new, mut gone) = (BTreeMap::new(), BTreeMap::new());
    for day in &days {
        let counted = count(&list.cases, &city, ReportWindow::whole(*day), CHINA);
        let n = |m| counted.number(m);
        let all = infections(
            n(Measure::Confirmed),
            Some(n(Measure::Converted)),
            n(Measure::Asymptomatic),
        )?;
        new.insert(*day, all.at_most());
        gone.insert(*day, n(Measure::Discharged) + n(Measure::Released));
        for measure in [Measure::Confirmed, Measure::Discharged, Measure::Asymptomatic] {
            if let Some(published) = figures.of_day(measure, &city, *day, as_of) {
                assert_eq!(n(measure), published, "{day} {measure:?}");
            }
        }
    }
    assert_eq!(streak(&gone, &new, last), Streak { days: 8, closed: true });
    assert!(gone[&first] < new[&first], "31 March breaks it");
    Ok(())
}

/// Until 7 April Jilin City had 13,517 confirmed and 12,945 asymptomatic infections, 26,462 in all;
/// 17,465 of them, over 65 %, were discharged or released (press, 10 April 2022). How the 17,465
/// divide into both is made up.
#[test]
fn over_65_percent_of_jilin_city_had_left_hospital() -> TestResult {
    let mut list = LineList::default();
    let (ward, day) = ("220202", date(2022, 4, 7));
    list.report(ward, at(day, -300), CaseKind::Confirmed, 13_300);
    list.report(ward, at(day, -300), CaseKind::Asymptomatic, 13_162);
    list.happen(ward, at(day, -200), CaseEvent::Converted, 217)?;
    list.happen(ward, at(day, 14), CaseEvent::Discharged, 9_000)?;
    list.happen(ward, at(day, 14), CaseEvent::Released, 8_465)?;
    let end = ReportWindow::whole(day).end(CHINA);
    let sum = totals(&list.cases, &place("2202"), end);
    assert_eq!((sum.confirmed, sum.asymptomatic), (13_517, 12_945));
    assert_eq!(sum.infections(), 26_462);
    assert_eq!(sum.discharged + sum.released, 17_465);
    assert!(sum.recovered_share().is_some_and(|s| s > 0.65 && s < 0.67));
    assert_eq!(sum.open(), 26_462 - 17_465);
    let before = totals(&list.cases, &place("2202"), at(day, 14));
    assert_eq!(before.discharged + before.released, 0, "as of noon nobody had left");
    Ok(())
}

/// On 18 March 2022 the province said 1,289 new confirmed (8–24 h), the national report 1,674
/// (0–24 h): no contradiction, and no sum.
#[test]
fn windows_keep_figures_apart() -> TestResult {
    let day = date(2022, 3, 18);
    let figure = |window, publisher: &str, value, hour| Figure {
        measure: Measure::Confirmed,
        area: place("22"),
        window,
        as_of: at(day, hour),
        publisher: publisher.to_owned(),
        value,
    };
    let (part, whole) = (ReportWindow::hours(day, 8, 24)?, ReportWindow::whole(day));
    let mut figures = Figures::default();
    figures.add(figure(part, "province", 1_289, 30))?;
    let end = at(day, 48);
    assert_eq!(figures.of_day(Measure::Confirmed, &place("22"), day, end), None);
    figures.add(figure(whole, "national", 1_674, 33))?;
    assert_eq!(figures.of_day(Measure::Confirmed, &place("22"), day, end), Some(1_674));
    assert_eq!(figures.of_day(Measure::Confirmed, &place("22"), day, at(day, 31)), None, "as of");
    assert_eq!(figures.disagreements(), []);
    assert_eq!(part.joined(whole), None);
    // The same hours said twice, differently: by another publisher, as a correction, as a mistake.
    figures.add(figure(whole, "aggregator", 1_700, 34))?;
    assert_eq!(figures.disagreements().len(), 1);
    figures.add(figure(whole, "national", 1_675, 50))?;
    let later = figures.get(Measure::Confirmed, &place("22"), whole, at(day, 60));
    assert_eq!(later.map(|f| f.value), Some(1_675));
    assert!(figures.add(figure(whole, "national", 9, 50)).is_err());
    assert!(figures.add(figure(whole, "national", 1_675, 50)).is_ok(), "said again, the same");
    for (from, to) in [(8, 8), (9, 8), (0, 25)] {
        assert!(ReportWindow::hours(day, from, to).is_err());
    }
    assert!(infections(3, Some(4), 9).is_err());
    assert_eq!(infections(0, None, 9)?, Infections::Exactly(9));
    Ok(())
}

#[test]
fn lines_that_contradict_themselves_are_named_and_counted_nowhere() {
    let day = date(2022, 4, 9);
    use CaseEvent::{Converted, Died, Discharged, Released, Reported};
    let (confirmed, asymptomatic) =
        (Reported(CaseKind::Confirmed), Reported(CaseKind::Asymptomatic));
    let case = |n: usize, events: &[CaseEvent]| Case {
        id: CaseId(n.to_string()),
        area: place("220202"),
        events: events.iter().zip(1..).map(|(e, hour)| (at(day, hour), *e)).collect(),
    };
    let wrong = [
        (vec![], CaseMistake::NeverReported),
        (vec![confirmed, confirmed], CaseMistake::ReportedTwice),
        (vec![Discharged, confirmed], CaseMistake::BeforeReport),
        (vec![confirmed, Converted], CaseMistake::ConvertedWhenConfirmed),
        (vec![asymptomatic, Converted, Converted], CaseMistake::ConvertedWhenConfirmed),
        (vec![asymptomatic, Discharged], CaseMistake::DischargedWhenAsymptomatic),
        (vec![asymptomatic, Died], CaseMistake::DischargedWhenAsymptomatic),
        (vec![confirmed, Released], CaseMistake::ReleasedWhenConfirmed),
        (vec![asymptomatic, Converted, Released], CaseMistake::ReleasedWhenConfirmed),
        (vec![confirmed, Discharged, Discharged], CaseMistake::AfterEnd),
        (vec![asymptomatic, Released, Converted], CaseMistake::AfterEnd),
    ];
    let mut list = Vec::new();
    for (n, (events, mistake)) in wrong.iter().enumerate() {
        let case = case(n, events);
        assert_eq!(check_case(&case), Err(*mistake), "{events:?}");
        list.push(case);
    }
    let right = [
        vec![asymptomatic, Converted, Discharged],
        vec![asymptomatic, Released],
        vec![confirmed, Died],
    ];
    for (n, events) in right.iter().enumerate() {
        assert_eq!(check_case(&case(100 + n, events)), Ok(()));
    }
    list.push(case(50, &[confirmed]));
    list.push(case(50, &[confirmed]));
    let counted = count(&list, &place("22"), ReportWindow::whole(day), CHINA);
    assert_eq!(counted.number(Measure::Confirmed), 2);
    let told = reconcile(&[], &list, CHINA, true).misfits;
    assert_eq!(told.len(), wrong.len() + 1);
    assert_eq!(told.last(), Some(&Misfit::Twice { case: CaseId("50".to_owned()) }));
}

#[test]
fn a_case_that_no_figure_covers_is_named() {
    let day = date(2022, 4, 9);
    let mut list = LineList::default();
    list.report("220102", at(day, 5), CaseKind::Confirmed, 3);
    list.report("220202", at(day, 5), CaseKind::Asymptomatic, 1);
    list.report("220602", at(day, 6), CaseKind::Confirmed, 1);
    let figure = |area: &str, value| Figure {
        measure: Measure::Confirmed,
        area: place(area),
        window: ReportWindow::whole(day),
        as_of: at(day, 24),
        publisher: "province".to_owned(),
        value,
    };
    let told = reconcile(&[figure("2201", 3)], &list.cases, CHINA, false);
    let uncovered: Vec<_> = told
        .misfits
        .iter()
        .filter_map(|m| match m {
            Misfit::Uncovered { area, measure, .. } => Some((area.as_str(), *measure)),
            _ => None,
        })
        .collect();
    assert_eq!(
        uncovered,
        [("220202", Measure::Asymptomatic), ("220602", Measure::Confirmed)],
        "a figure of another measure does not cover, nor one of another city"
    );
    let more = Figure { measure: Measure::Converted, ..figure("2201", 4) };
    let told = reconcile(&[figure("2201", 3), more.clone()], &list.cases, CHINA, false);
    assert!(told.misfits.contains(&Misfit::Converted { figure: more, confirmed: 3 }));
}

#[test]
fn small_cells_and_what_protects_them() -> TestResult {
    // A lone small cell takes three others with it, the cheapest that serve.
    let table = suppress(&[vec![3, 40, 60], vec![20, 9, 70], vec![30, 50, 80]], 5)?;
    assert_eq!(table.cells[0][..2], [Cell::Small, Cell::Complement]);
    assert_eq!(table.cells[1][..2], [Cell::Complement, Cell::Complement]);
    assert_eq!(
        table.cells[2],
        [Cell::Published(30), Cell::Published(50), Cell::Published(80), Cell::Published(160),]
    );
    assert_eq!(table.cells[0][3], Cell::Published(103), "totals stay where cells suffice");
    // Nothing small: nothing left out.
    let clean = suppress(&[vec![0, 40], vec![20, 9]], 5)?;
    assert!(clean.cells.iter().flatten().all(|c| matches!(c, Cell::Published(_))));
    // One row: the cell beside it, and no total gives it away.
    let row = suppress(&[vec![2, 30, 0]], 5)?;
    assert_eq!(row.cells[0][0], Cell::Small);
    assert_eq!(row.cells[0][2], Cell::Published(0));
    assert!(suppress(&[vec![1, 2], vec![3]], 5).is_err() && suppress(&[], 5).is_err());
    Ok(())
}

/// Whether another table of whole numbers, every left-out cell at least 1, has the same published
/// cells and differs in this one. Cells are tried one up and one down.
fn ambiguous(counts: &[Vec<u64>], cells: &[Vec<Cell>], place: (usize, usize)) -> bool {
    let (rows, columns) = (counts.len(), counts[0].len());
    let hidden = |r: usize, c: usize| !matches!(cells[r][c], Cell::Published(_));
    let free: Vec<(usize, usize)> = (0..rows)
        .flat_map(|r| (0..columns).map(move |c| (r, c)))
        .filter(|&(r, c)| hidden(r, c))
        .collect();
    let mut tried = 3_usize.pow(u32::try_from(free.len()).unwrap_or(u32::MAX));
    while tried > 0 {
        tried -= 1;
        let mut rest = tried;
        let mut table: Vec<Vec<i64>> =
            counts.iter().map(|r| r.iter().map(|v| *v as i64).collect()).collect();
        for &(r, c) in &free {
            table[r][c] += (rest % 3) as i64 - 1;
            rest /= 3;
        }
        let positive = free.iter().all(|&(r, c)| table[r][c] >= 1);
        let row_sum = |t: &[Vec<i64>], r: usize| t[r].iter().sum::<i64>();
        let column_sum = |t: &[Vec<i64>], c: usize| t.iter().map(|row| row[c]).sum::<i64>();
        let value = |r: usize, c: usize| match (r == rows, c == columns) {
            (false, false) => table[r][c],
            (false, true) => row_sum(&table, r),
            (true, false) => column_sum(&table, c),
            (true, true) => (0..rows).map(|r| row_sum(&table, r)).sum(),
        };
        let same = (0..=rows).all(|r| {
            (0..=columns).all(|c| match cells[r][c] {
                Cell::Published(n) => value(r, c) == n as i64,
                Cell::Small | Cell::Complement => value(r, c) >= 1,
            })
        });
        let truth = |(r, c): (usize, usize)| -> i64 {
            let inner = |r: usize, c: usize| counts[r][c] as i64;
            match (r == rows, c == columns) {
                (false, false) => inner(r, c),
                (false, true) => (0..columns).map(|c| inner(r, c)).sum(),
                (true, false) => (0..rows).map(|r| inner(r, c)).sum(),
                (true, true) => {
                    (0..rows).map(|r| (0..columns).map(|c| inner(r, c)).sum::<i64>()).sum()
                }
            }
        };
        if positive && same && value(place.0, place.1) != truth(place) {
            return true;
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the table, no left-out cell can be worked out, no small one is published, and all
    /// that is published is true.
    #[test]
    fn no_left_out_cell_can_be_worked_out(
        counts in prop::collection::vec(
            prop::collection::vec(prop_oneof![Just(0_u64), 1_u64..9, 10_u64..60], 3), 1..4),
    ) {
        // With the grand total told whatever happens: it is there, and gives nothing away.
        if let Ok(told) = suppress_parts(&counts, 5) {
            let whole: u64 = counts.iter().flatten().sum();
            let last = told.cells.last().and_then(|row| row.last());
            prop_assert_eq!(last, Some(&Cell::Published(whole)));
            for (r, row) in told.cells.iter().enumerate() {
                for (c, cell) in row.iter().enumerate() {
                    if !matches!(cell, Cell::Published(_)) {
                        prop_assert!(ambiguous(&counts, &told.cells, (r, c)), "{:?} {:?} {} {}", counts, told, r, c);
                    }
                }
            }
        }
        let Ok(table) = suppress(&counts, 5) else {
            // Refused only when nothing else could protect: hardly anything is above 1.
            let large = counts.iter().flatten().filter(|v| **v >= 2).count();
            prop_assert!(large <= 3, "{:?}", counts);
            return Ok(());
        };
        for (r, row) in table.cells.iter().enumerate() {
            for (c, cell) in row.iter().enumerate() {
                match cell {
                    Cell::Published(n) => prop_assert!(*n == 0 || *n >= 5),
                    Cell::Small | Cell::Complement => {
                        prop_assert!(ambiguous(&counts, &table.cells, (r, c)), "{:?} {:?} {} {}", counts, table, r, c);
                    }
                }
                if let (Some(value), Cell::Published(n)) = (counts.get(r).and_then(|row| row.get(c)), cell) {
                    prop_assert_eq!(value, n);
                }
            }
        }
    }
}
