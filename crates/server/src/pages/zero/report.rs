//! A certificate as it is read, on a page and on paper, from the frozen document.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use maud::{Markup, html};
use paper::{Block, Paper};
use types::Micros;
use zero::{Certificate, Degree, Standing};

use super::words;
use crate::i18n::{Speaks, number};
use crate::pages::cases::words as case_words;
use crate::pages::testing::names::{Names, pick};
use crate::seat::{Answer, Seat};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::Local;
use crate::{Fault, t};

/// A table of words.
struct Part {
    title: String,
    /// What to say when there is nothing.
    empty: String,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

/// A certificate with its words.
pub struct Report {
    /// The heading.
    pub title: String,
    under: String,
    /// How it stands, and why: before everything else.
    warning: Option<String>,
    sentences: Vec<String>,
    parts: Vec<Part>,
    notes: Vec<String>,
}

fn day(seat: &Seat, at: Micros) -> String {
    Local::new(at, seat.app().zone()).day().to_owned()
}

impl Report {
    /// Draws up a certificate as it stands now. For everybody (`public`) it is what is said of the area, and what
    /// was met: a few people of one street may be known by a number.
    pub fn of(seat: &Seat, certificate: &Certificate, names: &Names, public: bool) -> Report {
        let document = &certificate.document;
        let area = words::ground(seat, names, &document.ground);
        let title = words::title(seat, document.degree, &area);
        let under = t!(
            seat,
            "zero-certificate-under",
            number = document.number(),
            name = document.signed_by.as_str(),
            at = seat.time(document.as_of).as_str()
        );
        let warning = match (certificate.standing(seat.now()), &certificate.withdrawn) {
            (Standing::Withdrawn, Some(how)) => Some(t!(
                seat,
                "zero-was-withdrawn",
                at = seat.time(how.recorded_at).as_str(),
                cause = words::cause(seat, how.cause)
            )),
            (Standing::Ended, _) => {
                Some(t!(seat, "zero-has-ended", at = seat.time(document.until).as_str()))
            }
            _ => None,
        };
        let (since, at) = (day(seat, document.since), seat.time(document.as_of));
        let says = match document.degree {
            Degree::Zero => {
                t!(seat, "zero-says", area = area.as_str(), since = since, at = at.as_str())
            }
            Degree::Basic => t!(
                seat,
                "zero-says-basic",
                area = area.as_str(),
                since = since,
                at = at.as_str(),
                most = document.most.unwrap_or(0)
            ),
        };
        let mut sentences = vec![
            says,
            t!(
                seat,
                "zero-says-rule",
                rule = words::said(seat, &document.rule),
                edition = document.rule.edition.as_str(),
                status = words::said_status(seat, &document.rule)
            ),
            t!(seat, "zero-says-until", until = seat.time(document.until).as_str()),
        ];
        if document.degree == Degree::Zero {
            let share = words::value(seat, zero::What::Sure, document.sure);
            sentences.insert(2, t!(seat, "zero-says-sure", share = share));
        }
        if !document.reason.is_empty() {
            let list: Vec<String> =
                document.failing().map(|item| words::what(seat, item.what)).collect();
            sentences.push(t!(
                seat,
                "zero-says-reason",
                list = list.join(t!(seat, "zero-comma").as_str()),
                reason = document.reason.as_str()
            ));
        }
        let parts = match public {
            true => vec![items(seat, certificate, false)],
            false => {
                vec![
                    items(seat, certificate, true),
                    days(seat, certificate),
                    rounds(seat, certificate),
                ]
            }
        };
        let notes = vec![
            t!(seat, "zero-note-frozen"),
            t!(seat, "zero-note-mark", mark = certificate.digest.as_str()),
            t!(seat, "zero-note-verify", number = document.number()),
        ];
        Report { title, under, warning, sentences, parts, notes }
    }

    /// As a page's body.
    pub fn page(&self, seat: &Seat) -> Markup {
        html! {
            article .report {
                p .muted { (self.under) }
                @for sentence in &self.sentences { p .report__sentence { (sentence) } }
                @for part in &self.parts { (table(part).render(seat)) }
                ul .report__notes { @for note in &self.notes { li .break-anywhere { (note) } } }
            }
        }
    }

    fn paper(&self, seat: &Seat) -> Paper {
        let mut blocks = vec![Block::Title(self.title.clone()), Block::Small(self.under.clone())];
        blocks.extend(self.warning.iter().cloned().map(Block::Heading));
        blocks.extend(self.sentences.iter().cloned().map(Block::Text));
        for part in &self.parts {
            blocks.push(Block::Heading(part.title.clone()));
            let wide = |at: usize| if at == 0 { 2.2 } else { 1.0 };
            let columns = part.columns.iter().enumerate().map(|(at, (title, numeric))| {
                paper::Column { title: title.clone(), numeric: *numeric, share: wide(at) }
            });
            let rows =
                part.rows.iter().map(|cells| paper::Row { cells: cells.clone(), strong: false });
            let table = paper::Table { columns: columns.collect(), rows: rows.collect() };
            blocks.push(Block::Table(table));
        }
        blocks.extend(self.notes.iter().cloned().map(Block::Small));
        Paper {
            title: self.title.clone(),
            lang: seat.lang().tag().to_owned(),
            foot: format!("{} · {}", t!(seat, "product-name"), self.under),
            blocks,
        }
    }

    /// As a PDF. What was withdrawn says so at the top.
    pub fn pdf(&self, seat: &Seat, number: &str) -> Answer {
        let printed = self.paper(seat).print().map_err(Fault::internal)?;
        let name = format!("inline; filename=\"zero-{number}.pdf\"");
        let headers = [(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)];
        Ok((headers, printed.bytes).into_response())
    }
}

fn table(part: &Part) -> Table {
    let columns = part.columns.iter().map(|(title, numeric)| {
        let column = Column::new("c", title.clone());
        if *numeric { column.numeric() } else { column }
    });
    Table::new(part.title.clone(), columns.collect())
        .empty(part.empty.clone())
        .rows(part.rows.iter().map(|row| row.iter().map(Cell::text).collect()))
}

fn items(seat: &Seat, certificate: &Certificate, numbers: bool) -> Part {
    let rows = certificate.document.items.iter().map(|item| {
        let mut row = vec![words::what(seat, item.what)];
        if numbers {
            row.push(words::value(seat, item.what, item.number));
            row.push(words::limit(seat, item));
        }
        row.push(match item.passes {
            true => t!(seat, "zero-met"),
            false => t!(seat, "zero-not-met"),
        });
        row
    });
    let mut columns = vec![(t!(seat, "zero-item"), false)];
    if numbers {
        columns.push((t!(seat, "zero-number"), true));
        columns.push((t!(seat, "zero-limit"), true));
    }
    columns.push((t!(seat, "zero-met"), false));
    Part { title: t!(seat, "zero-items"), empty: String::new(), columns, rows: rows.collect() }
}

fn days(seat: &Seat, certificate: &Certificate) -> Part {
    let rows = certificate.document.days.iter().rev().take(14).map(|of| {
        let all: i64 = of.found.iter().map(|(_, n)| *n).sum();
        let found = of.found.iter().map(|(tag, n)| {
            t!(seat, "bulletin-of", name = case_words::found_in(seat, *tag), n = number(*n))
        });
        vec![
            day(seat, of.day),
            number(all),
            number(of.community),
            found.collect::<Vec<_>>().join(t!(seat, "zero-comma").as_str()),
        ]
    });
    Part {
        title: t!(seat, "zero-by-day"),
        empty: t!(seat, "zero-no-days"),
        columns: vec![
            (t!(seat, "zero-day"), false),
            (t!(seat, "zero-all"), true),
            (t!(seat, "zero-in-community"), true),
            (t!(seat, "case-found-in"), false),
        ],
        rows: rows.collect(),
    }
}

fn rounds(seat: &Seat, certificate: &Certificate) -> Part {
    let rows = certificate.document.rounds.iter().map(|round| {
        let name = pick(seat.lang(), &round.name_zh, &round.name_en);
        vec![
            format!("{name} {} · {}", round.number, day(seat, round.starts_at)),
            number(round.planned),
            number(round.settled),
            words::value(seat, zero::What::Coverage, round.coverage()),
            number(round.blind()),
        ]
    });
    Part {
        title: t!(seat, "zero-rounds"),
        empty: t!(seat, "zero-no-rounds"),
        columns: vec![
            (t!(seat, "round"), false),
            (t!(seat, "stage-planned"), true),
            (t!(seat, "zero-settled"), true),
            (words::what(seat, zero::What::Coverage), true),
            (words::what(seat, zero::What::Blind), true),
        ],
        rows: rows.collect(),
    }
}
