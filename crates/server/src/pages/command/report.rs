//! A bulletin as it is read: its sentences and its tables, in the form that health commissions use.
//! Page, paper and the public version are drawn from this one.

use analytics::bulletin::Cell as Told;
use cases::{FoundIn, Measure, Severity};
use command::{Document, Public, PublicTable};
use maud::{Markup, html};
use paper::{Block, Paper};
use types::AreaScope;

use super::words;
use crate::i18n::{Lang, Speaks, number};
use crate::pages::cases::words::named;
use crate::seat::Seat;
use crate::t;
use crate::ui::table::{Cell, Column, Table};

/// The measures of the window, in the order of a bulletin.
const NEW: [Measure; 6] = [
    Measure::Confirmed,
    Measure::Converted,
    Measure::Asymptomatic,
    Measure::Discharged,
    Measure::Released,
    Measure::Died,
];

/// Where cases are found, as in [`Public`].
pub const FOUND: [Option<FoundIn>; 5] = [
    Some(FoundIn::Quarantine),
    Some(FoundIn::Locked),
    Some(FoundIn::Controlled),
    Some(FoundIn::Community),
    None,
];

/// The severities of confirmed cases.
pub const GRADES: [Severity; 4] =
    [Severity::Mild, Severity::Moderate, Severity::Severe, Severity::Critical];

/// A figure as it is shown.
#[derive(Clone, Debug)]
pub struct Value {
    /// The number; nothing where the public is not told.
    pub n: Option<i64>,
    /// The cases behind it.
    pub href: Option<String>,
}

impl Value {
    fn text(&self, seat: &Seat) -> String {
        self.n.map_or_else(|| t!(seat, "bulletin-left-out"), number)
    }
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is of.
    pub name: String,
    /// Its figures.
    pub values: Vec<Value>,
    /// A sum.
    pub whole: bool,
}

/// A table of a report.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its caption.
    pub title: String,
    /// The heading of the first column.
    pub first: String,
    /// The headings of the others.
    pub columns: Vec<String>,
    /// The rows.
    pub lines: Vec<Line>,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The heading, with the window.
    pub title: String,
    /// Number, publisher, as-of.
    pub under: String,
    /// The sentences.
    pub sentences: Vec<String>,
    /// The tables.
    pub parts: Vec<Part>,
    /// What is to be known about the figures.
    pub notes: Vec<String>,
}

/// For whom a report is.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// The response: every figure, each opens its cases at this address.
    Own(Option<&'a str>),
    /// Everybody.
    Everybody(&'a Public),
}

/// Draws up a report.
pub struct Drafter<'a> {
    seat: &'a Seat,
    document: &'a Document,
    reader: Reader<'a>,
}

impl<'a> Drafter<'a> {
    /// For a document and a reader.
    pub fn new(seat: &'a Seat, document: &'a Document, reader: Reader<'a>) -> Drafter<'a> {
        Drafter { seat, document, reader }
    }

    fn public(&self, measure: Measure) -> Option<&'a PublicTable> {
        match self.reader {
            Reader::Own(_) => None,
            Reader::Everybody(public) => public.table(measure),
        }
    }

    /// The address of the cases behind a figure.
    fn href(&self, query: &[(&str, &str)]) -> Option<String> {
        let Reader::Own(Some(base)) = self.reader else { return None };
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
        Some(format!("{base}?{}", text.finish()))
    }

    /// A figure of an area; nothing where the public is not told.
    fn of_area(&self, area: AreaScope, measure: Measure) -> Value {
        let whole = area == self.document.scope;
        let n = match self.reader {
            Reader::Own(_) => Some(self.document.new_in(area, measure)),
            Reader::Everybody(_) if whole => Some(self.document.of_window(measure)),
            Reader::Everybody(_) => self
                .public(measure)
                .and_then(|table| table.rows.as_ref())
                .and_then(|rows| rows.iter().find(|(part, _)| *part == area))
                .and_then(|(_, cells)| told(cells.last())),
        };
        let of = if whole { String::new() } else { area.to_string() };
        Value { n, href: self.href(&[("measure", measure.as_str()), ("of", &of)]) }
    }

    fn of_place(&self, measure: Measure, found_in: Option<FoundIn>) -> Value {
        let n = match self.reader {
            Reader::Own(_) => Some(self.document.found_in(self.document.scope, measure, found_in)),
            Reader::Everybody(_) => self.public(measure).and_then(|table| {
                let at = FOUND.iter().position(|f| *f == found_in)?;
                told(table.totals.get(at))
            }),
        };
        let place = found_in.map_or("unknown", FoundIn::as_str);
        Value { n, href: self.href(&[("measure", measure.as_str()), ("found_in", place)]) }
    }

    fn of_grade(&self, grade: Severity) -> Value {
        let n = match self.reader {
            Reader::Own(_) => Some(self.document.severity(grade)),
            Reader::Everybody(public) => {
                let cell = public.severity.iter().find(|(s, _)| *s == grade).map(|(_, cell)| cell);
                told(cell)
            }
        };
        let query = [("measure", Measure::Confirmed.as_str()), ("severity", grade.as_str())];
        Value { n, href: self.href(&query) }
    }

    /// The whole report.
    pub fn report(&self) -> Report {
        let (seat, document) = (self.seat, self.document);
        let area = words::area(seat, document.scope);
        let title = t!(
            seat,
            "bulletin-title",
            area = area.as_str(),
            window = words::window(seat, document)
        );
        // A draft has neither number nor publisher.
        let draft = document.publisher.is_empty();
        let at = seat.time(document.as_of);
        let under = match draft {
            true => t!(seat, "bulletin-under-draft", at = at.as_str()),
            false => t!(
                seat,
                "bulletin-under",
                no = words::number(seat, document),
                publisher = document.publisher.as_str(),
                at = at.as_str()
            ),
        };
        let mut parts = vec![self.by_area()];
        if document.of_window(Measure::Confirmed) > 0 {
            parts.push(self.by_grade());
        }
        parts.push(self.by_place());
        let mut notes = vec![t!(seat, "bulletin-note-window"), t!(seat, "bulletin-note-classes")];
        if document.unexamined > 0 {
            notes.push(t!(seat, "bulletin-note-unexamined", n = number(document.unexamined)));
        }
        if matches!(self.reader, Reader::Everybody(_)) {
            notes.push(t!(seat, "bulletin-note-small", n = command::SMALL as i64));
        }
        if !document.note.is_empty() {
            notes.push(document.note.clone());
        }
        Report { title, under, sentences: self.sentences(&area), parts, notes }
    }

    fn sentences(&self, area: &str) -> Vec<String> {
        let (seat, document) = (self.seat, self.document);
        let of = |measure| number(document.of_window(measure));
        let mut sentences = vec![t!(
            seat,
            "bulletin-confirmed",
            window = words::window(seat, document),
            area = area,
            n = of(Measure::Confirmed),
            converted = of(Measure::Converted),
            grades = self.grades(),
            areas = self.areas(Measure::Confirmed)
        )];
        sentences.push(t!(
            seat,
            "bulletin-asymptomatic",
            n = of(Measure::Asymptomatic),
            areas = self.areas(Measure::Asymptomatic)
        ));
        let community = match self.reader {
            Reader::Own(_) => Some(self.found(Some(FoundIn::Community))),
            Reader::Everybody(_) => None,
        };
        if let Some(community) = community {
            let all = document.infections_in(document.scope);
            sentences.push(t!(
                seat,
                "bulletin-found",
                n = number(all),
                community = number(community),
                quarantine = number(self.found(Some(FoundIn::Quarantine))),
                locked = number(self.found(Some(FoundIn::Locked))),
                controlled = number(self.found(Some(FoundIn::Controlled)))
            ));
        }
        sentences.push(t!(
            seat,
            "bulletin-left",
            discharged = of(Measure::Discharged),
            released = of(Measure::Released),
            died = of(Measure::Died)
        ));
        let scope = document.scope;
        sentences.push(t!(
            seat,
            "bulletin-running",
            confirmed = number(document.total_in(scope, Measure::Confirmed)),
            asymptomatic = number(document.still_asymptomatic_in(scope)),
            discharged = number(document.total_in(scope, Measure::Discharged)),
            released = number(document.total_in(scope, Measure::Released)),
            died = number(document.total_in(scope, Measure::Died)),
            open = number(document.open_in(scope))
        ));
        sentences
    }

    /// New infections by where they were found.
    fn found(&self, found_in: Option<FoundIn>) -> i64 {
        let of = |measure| self.document.found_in(self.document.scope, measure, found_in);
        of(Measure::Confirmed) - of(Measure::Converted) + of(Measure::Asymptomatic)
    }

    /// `，其中轻型230例、普通型12例`; empty when nobody is told.
    fn grades(&self) -> String {
        let seat = self.seat;
        let told = GRADES.iter().filter_map(|grade| {
            let n = self.of_grade(*grade).n.filter(|n| *n > 0)?;
            let name = named(seat, "case-severity", grade.as_str());
            Some(t!(seat, "bulletin-of", name = name, n = number(n)))
        });
        self.among(told.collect())
    }

    /// `，其中长春市222例、吉林市20例`; empty when there is only one area or nothing to tell.
    fn areas(&self, measure: Measure) -> String {
        let seat = self.seat;
        let parts = self.document.parts();
        if parts.len() < 2 {
            return String::new();
        }
        let mut told: Vec<(i64, String)> = parts
            .into_iter()
            .filter_map(|part| {
                let n = self.of_area(part, measure).n.filter(|n| *n > 0)?;
                Some((n, words::area(seat, part)))
            })
            .collect();
        told.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
        let told =
            told.into_iter().map(|(n, name)| t!(seat, "bulletin-of", name = name, n = number(n)));
        self.among(told.collect())
    }

    fn among(&self, told: Vec<String>) -> String {
        if told.is_empty() {
            return String::new();
        }
        let joined = told.join(match self.seat.lang() {
            Lang::Zh => "、",
            Lang::En => ", ",
        });
        t!(self.seat, "bulletin-among", list = joined)
    }

    fn by_area(&self) -> Part {
        let (seat, document) = (self.seat, self.document);
        let own = matches!(self.reader, Reader::Own(_));
        let mut columns: Vec<String> =
            NEW.iter().map(|m| named(seat, "bulletin-new", m.as_str())).collect();
        if own {
            columns.extend([
                t!(seat, "bulletin-total-confirmed"),
                t!(seat, "bulletin-total-asymptomatic"),
                t!(seat, "bulletin-total-open"),
            ]);
        }
        let line = |area: AreaScope, whole: bool| {
            let mut values: Vec<Value> = NEW.iter().map(|m| self.of_area(area, *m)).collect();
            if own {
                let running = [
                    document.total_in(area, Measure::Confirmed),
                    document.still_asymptomatic_in(area),
                    document.open_in(area),
                ];
                values.extend(running.map(|n| Value { n: Some(n), href: None }));
            }
            let name = if whole { t!(seat, "bulletin-whole") } else { words::area(seat, area) };
            Line { name, values, whole }
        };
        let mut lines: Vec<Line> =
            document.parts().into_iter().map(|area| line(area, false)).collect();
        lines.push(line(document.scope, true));
        Part { title: t!(seat, "bulletin-by-area"), first: t!(seat, "area"), columns, lines }
    }

    fn by_grade(&self) -> Part {
        let seat = self.seat;
        let lines = GRADES.iter().map(|grade| Line {
            name: named(seat, "case-severity", grade.as_str()),
            values: vec![self.of_grade(*grade)],
            whole: false,
        });
        let whole = Line {
            name: t!(seat, "bulletin-whole"),
            values: vec![self.of_area(self.document.scope, Measure::Confirmed)],
            whole: true,
        };
        Part {
            title: t!(seat, "bulletin-by-severity"),
            first: t!(seat, "case-severity"),
            columns: vec![named(seat, "bulletin-new", "confirmed")],
            lines: lines.chain([whole]).collect(),
        }
    }

    fn by_place(&self) -> Part {
        let seat = self.seat;
        let measures = [Measure::Confirmed, Measure::Converted, Measure::Asymptomatic];
        let line = |found_in| Line {
            name: crate::pages::cases::words::found_in(seat, found_in),
            values: measures.iter().map(|m| self.of_place(*m, found_in)).collect(),
            whole: false,
        };
        let scope = self.document.scope;
        let whole = Line {
            name: t!(seat, "bulletin-whole"),
            values: measures.iter().map(|m| self.of_area(scope, *m)).collect(),
            whole: true,
        };
        let nowhere = measures.iter().all(|m| self.document.found_in(scope, *m, None) == 0);
        let places = FOUND.iter().filter(|found_in| found_in.is_some() || !nowhere);
        Part {
            title: t!(seat, "bulletin-by-place"),
            first: t!(seat, "case-found-in"),
            columns: measures.iter().map(|m| named(seat, "bulletin-new", m.as_str())).collect(),
            lines: places.map(|found_in| line(*found_in)).chain([whole]).collect(),
        }
    }
}

/// What the public is told of a cell.
fn told(cell: Option<&Told>) -> Option<i64> {
    match cell {
        Some(Told::Published(n)) => i64::try_from(*n).ok(),
        Some(Told::Small | Told::Complement) | None => None,
    }
}

impl Report {
    /// The report as a page's body.
    pub fn page(&self, seat: &Seat) -> Markup {
        html! {
            article .report {
                p .muted { (self.under) }
                @for sentence in &self.sentences { p .report__sentence { (sentence) } }
                @for part in &self.parts { (self.table(seat, part).render(seat)) }
                ul .report__notes { @for note in &self.notes { li { (note) } } }
            }
        }
    }

    fn table(&self, seat: &Seat, part: &Part) -> Table {
        let mut columns = vec![Column::new("name", part.first.clone())];
        columns.extend(part.columns.iter().map(|c| Column::new("n", c.clone()).numeric()));
        let rows = part.lines.iter().map(|line| {
            let name = match line.whole {
                true => Cell::markup(html! { strong { (line.name) } }, line.name.clone()),
                false => Cell::text(line.name.clone()),
            };
            let values = line.values.iter().map(|value| match (value.n, &value.href) {
                (None, _) => Cell::markup(
                    html! { abbr title=(t!(seat, "bulletin-left-out-why")) { (value.text(seat)) } },
                    value.text(seat),
                ),
                (Some(0), _) => Cell::number(0),
                (Some(n), Some(href)) => Cell::count(n, href),
                (Some(n), None) => Cell::number(n),
            });
            std::iter::once(name).chain(values).collect()
        });
        Table::new(part.title.clone(), columns).rows(rows)
    }

    /// The report on paper.
    pub fn paper(&self, seat: &Seat) -> Paper {
        let mut blocks = vec![Block::Title(self.title.clone()), Block::Small(self.under.clone())];
        blocks.extend(self.sentences.iter().cloned().map(Block::Text));
        for part in &self.parts {
            blocks.push(Block::Heading(part.title.clone()));
            let column = |title: &String, numeric, share| paper::Column {
                title: title.clone(),
                numeric,
                share,
            };
            let mut columns = vec![column(&part.first, false, 1.6)];
            columns.extend(part.columns.iter().map(|title| column(title, true, 1.0)));
            let rows = part.lines.iter().map(|line| paper::Row {
                cells: std::iter::once(line.name.clone())
                    .chain(line.values.iter().map(|value| value.text(seat)))
                    .collect(),
                strong: line.whole,
            });
            blocks.push(Block::Table(paper::Table { columns, rows: rows.collect() }));
        }
        blocks.extend(self.notes.iter().cloned().map(Block::Small));
        Paper {
            title: self.title.clone(),
            lang: seat.lang().tag().to_owned(),
            foot: format!("{} · {}", t!(seat, "product-name"), self.under),
            blocks,
        }
    }
}
