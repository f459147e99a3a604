//! Workmates and others who were likely there, too: whom another case has named as met at the same place, at the
//! same kind of work. The registry does not say where people work; shared places do.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Path;
use maud::{Markup, html};
use store::Connection;
use tracing_desk::views::{self, Stays};
use tracing_desk::{Command, Contact, Investigation, Name, NewContact, Setting, Stay, Who};
use types::{Micros, PersonId, Refusal, UnitId};

use super::{TRACERS, words};
use crate::Fault;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Form, FormData};
use crate::ui::parts;

/// Most people that are proposed at once.
const MOST: usize = 100;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/tracing/investigations/{unit}/name-mates", TRACERS, take);
}

/// Somebody who is proposed.
pub struct Mate {
    /// Whom the other case named.
    contact: Contact,
    /// The other case.
    via: UnitId,
    /// The stay of this case at the same place.
    stay: Stay,
}

/// Kinds of places where the same people meet day after day.
fn is_regular(setting: Setting) -> bool {
    matches!(setting, Setting::Work | Setting::School | Setting::BuildingSite | Setting::Market)
}

/// Whom to propose: registered people whom cases met who were at the same place of work, and whom this case has
/// not named.
pub async fn read(
    db: &mut Connection,
    of: &Investigation,
    stays: &Stays,
    shared: &std::collections::HashMap<u32, Vec<(UnitId, Stay)>>,
    known: &BTreeSet<PersonId>,
) -> Result<Vec<Mate>, Fault> {
    let mut found: BTreeMap<PersonId, Mate> = BTreeMap::new();
    for stay in stays.standing.iter().filter(|stay| is_regular(stay.setting)) {
        for (case, _) in shared.get(&stay.n).into_iter().flatten() {
            let named = views::named_by(db, *case).await?;
            let ids: Vec<UnitId> = named.iter().map(|contact| contact.id).collect();
            let sources = views::sources(db, &ids).await?;
            for contact in named {
                let mut met = sources.get(&contact.id).into_iter().flatten();
                let there = met.any(|source| {
                    source.unit == *case && source.setting == stay.setting && !source.void
                });
                let is_new = contact.person != of.person && !known.contains(&contact.person);
                if there && is_new && contact.person_area.is_some() && found.len() < MOST {
                    let stay = stay.clone();
                    found.entry(contact.person).or_insert(Mate { contact, via: *case, stay });
                }
            }
        }
    }
    Ok(found.into_values().collect())
}

/// The proposals with a form that names those who are ticked.
pub fn panel(seat: &Seat, of: &Investigation, mates: &[Mate]) -> Markup {
    if mates.is_empty() {
        return html! {};
    }
    let ticks = html! {
        fieldset .field {
            legend .field__label { (t!(seat, "trace-mates-who")) }
            div .choices {
                @for mate in mates {
                    @let value = format!("{} {}", mate.contact.person, mate.stay.n);
                    @let id = format!("mate-{}", mate.contact.person);
                    div .choice {
                        input type="checkbox" name="mate" id=(id) value=(value) checked;
                        label for=(id) {
                            (words::person(seat, &mate.contact)) " "
                            span .muted {
                                (mate.stay.name) " · " (words::setting(seat, mate.stay.setting)) " · "
                                (t!(seat, "trace-mates-via")) " " (words::case_link(mate.via)) " "
                                (words::contact_link(mate.contact.id))
                            }
                        }
                    }
                }
            }
        }
    };
    parts::panel(
        &t!(seat, "trace-mates"),
        html! {
            p { (t!(seat, "trace-mates-lead")) }
            (Form::new(seat, format!("{}/name-mates", words::investigation_path(of.id)))
                .part("mates")
                .hidden(act::ID, &act::fresh())
                .markup(ticks)
                .button(&t!(seat, "trace-mates-name")))
        },
    )
}

async fn take(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let mut db = seat.db().await?;
    let stays = views::stays(&mut db, of.id).await?;
    let shared = views::shared(&mut db, of.case, &stays.standing).await?;
    let named = views::named_by(&mut db, of.case).await?;
    let known: BTreeSet<PersonId> = named.iter().map(|contact| contact.person).collect();
    // Only who is proposed can be named here: what a form says is no ground.
    let mates = read(&mut db, &of, &stays, &shared, &known).await?;
    drop(db);
    let ticked: BTreeSet<&str> =
        form.all("mate").filter_map(|text| text.split(' ').next()).collect();
    let chosen =
        mates.iter().filter(|mate| ticked.contains(mate.contact.person.to_string().as_str()));
    let contacts: Vec<NewContact> = chosen
        .enumerate()
        .filter_map(|(n, mate)| {
            let (area, person) = (mate.contact.person_area?, mate.contact.person);
            Some(NewContact {
                row: (n + 1) as u32,
                who: Who::Registered { area, person },
                setting: mate.stay.setting,
                stay: Some(mate.stay.n),
                first: Some(mate.stay.from),
                last: mate.stay.until.min(Micros(seat.now().0)),
                protected: false,
                note: String::new(),
            })
        })
        .collect();
    if contacts.is_empty() {
        return Err(Refusal::new("trace-nobody-ticked").into());
    }
    let name = Name { source: of.case, import: None, contacts, reason: String::new() };
    match act::send(&seat, of.area(), &form, Command::Name(name)).await? {
        Ok(_) => Ok(seat.go(&words::investigation_path(of.id))),
        Err(refusal) => Err(refusal.into()),
    }
}
