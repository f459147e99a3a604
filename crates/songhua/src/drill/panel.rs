//! The drill as the server's pages see it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use drill::control::{self, Control};
use drill::score;
use server::rehearsal::{
    Act, Ask, Bin, Cell, Form, Happening, Line, Listing, Part, Rehearsal, Score, Section, Shown,
    State, Well,
};
use types::HolderCode;

use crate::demo::personas::Persona;

/// Logins of the drill's own staff begin so.
const STAFF: &str = "drill-";

/// The last score, as it is shown and as files.
#[derive(Default)]
struct Last {
    shown: Option<Arc<Score>>,
    files: [Arc<String>; 3],
}

/// What the server's pages ask.
pub struct Panel {
    control: Control,
    last: Mutex<Last>,
    parts: OnceLock<Vec<Part>>,
}

impl std::fmt::Debug for Panel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Panel")
    }
}

impl Panel {
    /// The panel of a drill with these controls.
    pub fn new(control: Control) -> Panel {
        Panel { control, last: Mutex::default(), parts: OnceLock::new() }
    }

    /// Says which accounts people can sign in with, and whose work each does.
    pub fn open_to(&self, personas: &[Persona]) {
        let holder = |p: &Persona| match p.role {
            server::access::Role::Commander => Some(control::command_post()),
            _ => p.holder.clone(),
        };
        let part =
            |p: &Persona| Some(Part { login: p.login.clone(), role: p.role, holder: holder(p)? });
        // Said once, when the drill begins.
        let _ = self.parts.set(personas.iter().filter_map(part).collect());
    }

    /// Shows a new score from now on.
    pub fn publish(&self, score: &score::Score) {
        let json = score.to_json().unwrap_or_default();
        let files = [score.to_html(), score.to_csv(), json].map(Arc::new);
        let last = Last { shown: Some(Arc::new(shown(score))), files };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

fn both(words: score::Words) -> Shown {
    Shown { zh: words.zh.to_owned(), en: words.en.to_owned() }
}

fn line(m: &score::Measure) -> Line {
    let (zh, en) = m.value.text();
    let short = m.value.short();
    let bins = match &m.value {
        score::Value::Spans(spans) => spans.bins.clone(),
        _ => Vec::new(),
    };
    let bin = |b: score::Bin| Bin { from: b.from, until: b.until, count: b.count };
    Line {
        title: both(m.title),
        round: m.round,
        value: Shown { zh, en },
        short: Shown { zh: short.0, en: short.1 },
        from: m.from,
        until: m.until,
        href: m.behind.as_ref().map(|behind| match behind {
            score::Behind::List(name) => format!("/drill/score/{name}"),
            score::Behind::Page(path) => (*path).to_owned(),
        }),
        spread: bins.into_iter().map(bin).collect(),
    }
}

fn shown(score: &score::Score) -> Score {
    let section = |s: &score::Section| Section {
        title: both(s.title),
        lead: both(s.lead),
        lines: s.measures.iter().map(line).collect(),
    };
    let cell = |cell: &score::Cell| match cell {
        score::Cell::Text(text) => Cell::Code(text.clone()),
        score::Cell::Number(n) => Cell::Number(*n),
        score::Cell::Time(at) => Cell::Time(*at),
        score::Cell::Hours(hours) => Cell::Hours(*hours),
    };
    let list = |(name, list): (&String, &score::Listing)| Listing {
        name: name.clone(),
        title: both(list.title),
        columns: list.columns.iter().copied().map(both).collect(),
        rows: list.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        total: list.total,
    };
    Score {
        as_of: score.as_of,
        headline: score.headline().into_iter().map(line).collect(),
        sections: score.sections.iter().map(section).collect(),
        lists: score.lists.iter().map(list).collect(),
    }
}

fn happening_of(happening: &control::Happening) -> Happening {
    match happening {
        control::Happening::LaboratoryFails { hours, .. } => Happening::Laboratory(*hours),
        control::Happening::MarketCluster { persons } => Happening::Market(*persons),
        control::Happening::CourierStrike { hours } => Happening::Strike(*hours),
        control::Happening::Storm { hours } => Happening::Storm(*hours),
        control::Happening::HiddenDormitory => Happening::Dormitory,
        control::Happening::SupplyBreaksDown { days } => Happening::Supply(*days),
    }
}

impl Rehearsal for Panel {
    fn state(&self) -> State {
        let state = self.control.state();
        State {
            day: state.day + 1,
            paused: state.paused,
            rate: state.rate,
            ended: state.ended,
            failed: state.failed,
            taken: state.taken.into_iter().collect(),
            happened: state.happened.iter().map(|(at, h)| (*at, happening_of(h))).collect(),
        }
    }

    fn ask(&self, ask: Ask) {
        match ask {
            Ask::Pause(paused) => self.control.pause(paused),
            Ask::Step(span) => self.control.step(span),
            Ask::Rate(rate) => self.control.set_rate(rate),
            Ask::TakeOver(holder) => self.control.take_over(holder),
            Ask::GiveBack(holder) => self.control.give_back(&holder),
            Ask::Happen(happening) => self.control.happen(match happening {
                Happening::Laboratory(hours) => {
                    control::Happening::LaboratoryFails { lab: None, hours }
                }
                Happening::Market(persons) => control::Happening::MarketCluster { persons },
                Happening::Strike(hours) => control::Happening::CourierStrike { hours },
                Happening::Storm(hours) => control::Happening::Storm { hours },
                Happening::Dormitory => control::Happening::HiddenDormitory,
                Happening::Supply(days) => control::Happening::SupplyBreaksDown { days },
            }),
        }
    }

    fn score(&self) -> Arc<Score> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.shown.clone().unwrap_or_else(|| {
            let as_of = self.control.state().at;
            Arc::new(Score { as_of, headline: Vec::new(), sections: Vec::new(), lists: Vec::new() })
        })
    }

    fn report(&self, form: Form) -> Arc<String> {
        let at = match form {
            Form::Html => 0,
            Form::Csv => 1,
            Form::Json => 2,
        };
        self.last.lock().unwrap_or_else(PoisonError::into_inner).files[at].clone()
    }

    fn parts_to_play(&self) -> Vec<Part> {
        self.parts.get().cloned().unwrap_or_default()
    }

    fn machine(&self, lab: &HolderCode) -> Vec<Well> {
        let well = |w: control::WellReading| Well {
            plate: w.plate,
            well: w.well,
            tube: w.tube,
            at: w.at,
            ct_n: w.ct_n,
            ct_orf1ab: w.ct_orf1ab,
            ct_control: w.ct_control,
        };
        self.control.machine(lab).into_iter().map(well).collect()
    }

    fn acted(&self, act: Act) {
        if act.user.starts_with(STAFF) || act.user == "command line" {
            return;
        }
        let opens = matches!(
            &act.command,
            desks::Command::Testing(
                testing::Command::OpenRound(_) | testing::Command::CloseRound { .. }
            )
        );
        // Who opens or closes a round has taken over the command post, from whatever desk.
        let holder = if opens { Some(control::command_post()) } else { act.holder };
        let does_work = |command: &desks::Command| !matches!(command, desks::Command::Registry(_));
        let holder = holder.filter(|_| does_work(&act.command));
        self.control.acted(control::Act { holder, at: act.at, command: act.command });
    }
}
