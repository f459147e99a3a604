//! Where somebody is on the way to a bed and home, for the household: what has been, what is, what is next.

use care::views;
use care::{Episode, Facility, HomeKind, Stage, triage};
use maud::{Markup, html};
use store::Connection;
use types::PersonId;

use crate::pages::care::words;
use crate::pages::cases::words::named;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// The stages in the order in which they are passed.
const STAGES: [Stage; 5] =
    [Stage::Waiting, Stage::Assigned, Stage::Moving, Stage::InCare, Stage::Home];

/// Somebody's way, as far as it has come.
pub struct Course {
    episode: Episode,
    facility: Option<Facility>,
    /// How many wait before.
    ahead: i64,
    /// What is asked for before somebody may leave, and whether it is met.
    criteria: Vec<(String, bool)>,
}

impl Course {
    /// The episode.
    pub fn episode(&self) -> &Episode {
        &self.episode
    }
}

/// The way of a person who is on it; nothing for whoever is not.
pub async fn of(
    seat: &Seat,
    db: &mut Connection,
    person: PersonId,
) -> Result<Option<Course>, Fault> {
    let found = views::of_person(db, person).await?;
    let Some(episode) = found.into_iter().find(|e| e.stage != Stage::Closed) else {
        return Ok(None);
    };
    let facility = match episode.bed() {
        Some(bed) => views::facility(db, &bed.facility).await?,
        None => None,
    };
    let ahead = match episode.stage {
        Stage::Waiting => views::ahead(db, &episode).await?,
        _ => 0,
    };
    let criteria = match &episode.lies {
        Some(lies) => {
            let edition = seat.app().protocol().at(seat.now(), lies.bed.area()).clone();
            let line = views::release_of(db, &edition, &episode, seat.now()).await?;
            let told = line.into_iter().flat_map(|line| line.verdict.criteria);
            told.map(|one| (one.what, one.met)).collect()
        }
        None => Vec::new(),
    };
    Ok(Some(Course { episode, facility, ahead, criteria }))
}

fn place(seat: &Seat, course: &Course) -> String {
    let bed = course.episode.bed().map(|bed| bed.facility.to_string());
    course.facility.as_ref().map_or(bed.unwrap_or_default(), |f| words::facility(seat, f))
}

/// It in one sentence.
pub fn line(seat: &Seat, course: &Course) -> String {
    let episode = &course.episode;
    let place = place(seat, course);
    let since = seat.time(episode.stage_since);
    match episode.stage {
        Stage::Waiting => {
            let since = seat.time(episode.since);
            t!(seat, "my-care-waiting", since = since.as_str(), ahead = course.ahead)
        }
        Stage::Assigned => t!(seat, "my-care-assigned", place = place),
        Stage::Moving => t!(seat, "my-care-moving", place = place),
        Stage::InCare => t!(seat, "my-care-in-care", place = place, since = since.as_str()),
        Stage::Home => match episode.home.and_then(|(_, until)| until) {
            Some(until) => t!(seat, "my-care-home", until = seat.time(until).as_str()),
            None => t!(seat, "my-care-home-open"),
        },
        Stage::Closed => String::new(),
    }
}

fn next(seat: &Seat, episode: &Episode) -> String {
    match (episode.stage, episode.home) {
        (Stage::Waiting, _) => t!(seat, "my-care-next-waiting"),
        (Stage::Assigned, _) => t!(seat, "my-care-next-assigned"),
        (Stage::Moving, _) => t!(seat, "my-care-next-moving"),
        (Stage::InCare, _) => t!(seat, "my-care-next-in-care"),
        (Stage::Home, Some((HomeKind::Refused, _))) => t!(seat, "my-care-next-refused"),
        (Stage::Home, Some((HomeKind::ByRule, _))) => t!(seat, "my-care-next-by-rule"),
        (Stage::Home, _) => t!(seat, "my-care-next-home"),
        (Stage::Closed, _) => String::new(),
    }
}

/// The way in its steps, with what is next.
pub fn panel(seat: &Seat, course: &Course) -> Markup {
    let episode = &course.episode;
    let mut rows: Vec<(String, Markup)> = Vec::new();
    if episode.is_queued() {
        rows.push((t!(seat, "care-since"), html! { (seat.time(episode.since)) }));
        let edition = seat.app().protocol().at(seat.now(), episode.area());
        if let Ok(goes) = triage(edition, episode.condition) {
            rows.push((t!(seat, "my-care-goes"), html! { (words::goes(seat, &goes)) }));
        }
        if episode.stage == Stage::Waiting {
            rows.push((t!(seat, "my-care-before"), html! { (course.ahead) }));
        }
    }
    if let Some(facility) = &course.facility {
        rows.push((
            t!(seat, "care-facility"),
            html! { (words::facility(seat, facility)) " · " (named(seat, "care-kind", facility.kind.as_str())) },
        ));
    }
    if let Some((kind, until)) = episode.home.filter(|_| episode.stage == Stage::Home) {
        rows.push((
            t!(seat, "care-home"),
            html! {
                (named(seat, "care-home", kind.as_str()))
                @if let Some(until) = until { " · " (t!(seat, "care-until")) " " (seat.time(until)) }
            },
        ));
    }
    let at = STAGES.iter().position(|stage| *stage == episode.stage).unwrap_or(0);
    let body = html! {
        p { strong { (line(seat, course)) } }
        ol .way {
            @for (n, stage) in STAGES.iter().enumerate() {
                li .way__done[n < at] aria-current=[(n == at).then_some("step")] {
                    (named(seat, "my-care-step", stage.as_str()))
                    @if n == at { " " (parts::tag(Tone::Info, &t!(seat, "my-care-here"))) }
                }
            }
        }
        (parts::facts(&rows))
        @if !course.criteria.is_empty() {
            p { (t!(seat, "my-care-criteria")) }
            ul {
                @for (what, met) in &course.criteria {
                    li {
                        (named(seat, "care-criterion", what)) " "
                        @if *met { (parts::tag(Tone::Good, &t!(seat, "care-met"))) }
                        @else { (parts::tag(Tone::Plain, &t!(seat, "care-may-not-leave"))) }
                    }
                }
            }
        }
        h3 { (t!(seat, "my-care-next")) }
        p { (next(seat, episode)) }
    };
    parts::panel(&t!(seat, "my-care"), body)
}
