//! The list of each grid worker: to whom food or medicine is due, who complains, whose prescription ends. Those
//! who were given their pack are ticked together.

use ledger::Cursor;
use maud::{Markup, html};
use supply::views;
use supply::{Command, Due, Good, HandOut, Household, Part, SiteKind};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, Refusal, Span};

use super::{CARERS, MOST, PAGE, READERS, under_board, words};
use crate::house::{SUPPLY, topic};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/households", READERS, show);
    routes.post("/supply/households/hand-out", CARERS, hand_out);
}

/// What the list has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Food,
    Medicine,
    Complaints,
    Renewals,
    All,
}

impl What {
    const ALL: [What; 5] =
        [What::Food, What::Medicine, What::Complaints, What::Renewals, What::All];

    fn as_str(self) -> &'static str {
        match self {
            What::Food => "food",
            What::Medicine => "medicine",
            What::Complaints => "complaints",
            What::Renewals => "renewals",
            What::All => "all",
        }
    }

    fn of(seat: &Seat) -> What {
        let asked = seat.param("what").unwrap_or_default();
        What::ALL.into_iter().find(|what| what.as_str() == asked).unwrap_or(What::Food)
    }
}

async fn show(seat: Seat) -> Answer {
    page(&seat, html! {}).await
}

/// The address of the list, also where a form was sent to one of its acts.
fn here(seat: &Seat, changes: &[(&str, Option<&str>)]) -> String {
    seat.here(changes).replacen(seat.path(), "/supply/households", 1)
}

async fn page(seat: &Seat, told: Markup) -> Answer {
    let what = What::of(seat);
    let asked = seat.param("community").unwrap_or_default();
    let community = typed::community(seat, &asked).await?;
    let (scope, now) = (seat.scope(), seat.now());
    let mut db = seat.db().await?;
    let balance = views::balance(&mut db, scope, &community, now).await?;
    let place = PlaceCode::parse(&community).ok();
    let names = Names::of_places(&mut db, place.clone()).await?;
    let complaints = views::open_complaints(&mut db, scope, &community, MOST).await?;
    drop(db);
    let acts = what == What::Food && words::sees_doors(seat);
    let list = match what {
        What::Food | What::Medicine | What::All => due(seat, what, &community, acts).await?,
        What::Complaints => complaint_list(seat, &complaints).await?,
        What::Renewals => renewals(seat).await?,
    };
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(list));
    }
    let count = |what| match what {
        What::Food => Some(balance.overdue),
        What::Medicine => Some(balance.medicine_overdue),
        What::Complaints => Some(complaints.len() as i64),
        What::All => Some(balance.all),
        What::Renewals => None,
    };
    let tabs: Vec<Tab> = What::ALL
        .into_iter()
        .map(|other| Tab {
            href: here(
                seat,
                &[("what", Some(other.as_str())), ("after", None), ("fragment", None)],
            ),
            text: named(seat, "supply-list", other.as_str()),
            count: count(other),
            current: other == what,
        })
        .collect();
    let src = here(seat, &[("fragment", Some("lines"))]);
    let body = html! {
        (told)
        (Form::asks(seat, "/supply/households")
            .hidden("what", what.as_str())
            .field(Field::code("community", t!(seat, "supply-community"), false)
                .hint(t!(seat, "supply-community-hint")).value(community.clone()).optional())
            .button(&t!(seat, "show")))
        (parts::tabs(&t!(seat, "nav-supply-households"), &tabs))
        @if acts {
            // What somebody has ticked is not to be taken away by what others do.
            (list)
        } @else {
            (parts::live("lines", &[topic(SUPPLY, scope)], &src, list))
        }
    };
    let title = match &place {
        Some(place) => t!(seat, "supply-households-of", place = names.place(seat, place)),
        None => t!(seat, "nav-supply-households"),
    };
    let lead = html! {
        (t!(seat, "supply-balance", all = balance.all, served = balance.served,
            waiting = balance.not_due, overdue = balance.overdue))
    };
    Ok(seat.render(under_board(seat, Page::new(title, body).lead(lead))))
}

/// To whom something is due: before the hour that runs, as the counters have it; of all, whenever.
async fn due(seat: &Seat, what: What, community: &str, acts: bool) -> Result<Markup, Fault> {
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let before = match what {
        What::All => Micros::MAX,
        _ => seat.now().hour_start(),
    };
    let kind = if what == What::Medicine { Due::Medicine } else { Due::Food };
    let mut db = seat.db().await?;
    let which = (community, before);
    let mut found = views::due(&mut db, kind, seat.scope(), which, after, PAGE + 1).await?;
    let mark = |h: &Household| {
        let at = if kind == Due::Medicine { h.next_medicine } else { h.next_food };
        Some(Cursor { at: at?, id: h.id }.to_string())
    };
    let next = cut(&mut found, PAGE, mark);
    let homes = words::Homes::of(seat, &mut db, &found).await?;
    let sites = match acts {
        true => views::sites(&mut db, seat.scope(), None, MOST).await?,
        false => Vec::new(),
    };
    drop(db);
    let columns = vec![
        Column::new("where", t!(seat, "supply-where")),
        Column::new("people", t!(seat, "supply-people")).numeric(),
        Column::new("mode", t!(seat, "supply-how")),
        Column::new("food", t!(seat, "supply-food-due")),
        Column::new("medicine", t!(seat, "supply-medicine-due")),
        Column::new("last", t!(seat, "supply-last")),
        Column::new("needs", t!(seat, "supply-needs")),
        Column::new("said", t!(seat, "supply-said")),
    ];
    let rows = found.iter().map(|h| {
        let place = homes.of_household(seat, &h.place, h.id);
        let link = words::household(seat, h.area, h.id, &place);
        let label = t!(seat, "supply-tick-of", household = place.as_str());
        let shown = html! {
            @if acts {
                input type="checkbox" name="household" value=(format!("{}/{}", h.area, h.id))
                    aria-label=(label) form="hand-out";
                " "
            }
            (link)
        };
        vec![
            Cell::markup(shown, place.clone()),
            Cell::number(h.people),
            Cell::words(words::mode(seat, h.mode)),
            words::due_cell(seat, h.next_food),
            words::due_cell(seat, h.next_medicine),
            h.last_food.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::words(words::needs(seat, h)),
            Cell::text(if h.note.is_empty() { h.said.clone() } else { h.note.clone() }).long(),
        ]
    });
    let table = Table::new(named(seat, "supply-list", what.as_str()), columns)
        .empty(t!(seat, "supply-nobody-due"))
        .rows(rows.collect::<Vec<_>>())
        .next(next);
    let table = table.render(seat);
    if !acts || found.is_empty() {
        return Ok(table);
    }
    Ok(html! { (table) (hand_out_form(seat, &sites)) })
}

/// The form by which those who are ticked were given a pack, each the same.
fn hand_out_form(seat: &Seat, sites: &[supply::Site]) -> Markup {
    let from = sites.iter().filter(|site| {
        site.closed.is_none() && matches!(site.kind, SiteKind::Shop | SiteKind::Gate)
    });
    let from = from.map(|site| (site.code.to_string(), words::site_name(seat, site)));
    let mut form = Form::new(seat, seat.link("/supply/households/hand-out"))
        .hidden(act::ID, &act::fresh())
        .hidden("what", "food")
        .hidden("community", &seat.param("community").unwrap_or_default())
        .field(Field::select("site", t!(seat, "supply-from"), from.collect()));
    let fields = [Good::Vegetables, Good::Staples, Good::Oil, Good::Pork, Good::MilkPowder];
    let fields = fields.map(|good| {
        let label = format!("{} ({})", words::good(seat, good), t!(seat, "supply-kg-unit"));
        Field::number(good.as_str(), label).optional()
    });
    form = form.group(&t!(seat, "supply-pack"), fields.into());
    let form = form
        .field(Field::text("proof", t!(seat, "supply-proof")).hint(t!(seat, "supply-proof-hint")))
        .button(&t!(seat, "supply-hand-out"));
    // The boxes in the table are of this form, wherever they stand.
    let form = form.into_string().replacen("<form ", "<form id=\"hand-out\" ", 1);
    parts::panel(
        &t!(seat, "supply-hand-out"),
        html! {
            p { (t!(seat, "supply-hand-out-hint")) }
            (maud::PreEscaped(form))
        },
    )
}

async fn complaint_list(seat: &Seat, found: &[supply::Complaint]) -> Result<Markup, Fault> {
    let columns = vec![
        Column::new("where", t!(seat, "supply-where")),
        Column::new("about", t!(seat, "supply-about")),
        Column::new("said", t!(seat, "supply-said")),
        Column::new("at", t!(seat, "supply-said-at")),
        Column::new("due", t!(seat, "supply-answer-by")),
    ];
    let rows = found.iter().map(|c| {
        vec![
            Cell::words(words::household(seat, c.id.area(), c.household, c.place.as_str())),
            Cell::tag(
                if c.about.is_unmet() { Tone::Bad } else { Tone::Warning },
                named(seat, "supply-about", c.about.as_str()),
            ),
            Cell::text(c.said.clone()).long(),
            Cell::time(seat.time(c.at)),
            words::due_cell(seat, Some(c.due)),
        ]
    });
    Ok(Table::new(t!(seat, "supply-complaints"), columns)
        .empty(t!(seat, "supply-no-complaints"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat))
}

/// Prescriptions that end within ten days.
async fn renewals(seat: &Seat) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let before = seat.now() + Span::days(10);
    let found = views::renewals(&mut db, seat.scope(), before, MOST).await?;
    let ids: Vec<(AreaCode, HouseholdId)> = found.iter().map(|r| (r.area, r.household)).collect();
    let households = views::households(&mut db, &ids).await?;
    let homes = words::Homes::of(seat, &mut db, &households).await?;
    drop(db);
    let columns = vec![
        Column::new("where", t!(seat, "supply-where")),
        Column::new("medicine", t!(seat, "supply-medicine")),
        Column::new("last", t!(seat, "supply-last-dose")),
        Column::new("until", t!(seat, "supply-prescribed-until")),
    ];
    let rows = found.iter().map(|r| {
        let of = households.iter().find(|h| h.id == r.household);
        let place = of.map(|h| homes.of_household(seat, &h.place, h.id)).unwrap_or_default();
        vec![
            Cell::words(words::household(seat, r.area, r.household, &place)),
            Cell::text(if words::sees_doors(seat) { r.name.clone() } else { String::new() }),
            Cell::text(seat.time(r.last_dose).day().to_owned()),
            words::due_cell(seat, Some(r.until)),
        ]
    });
    Ok(Table::new(t!(seat, "supply-list-renewals"), columns)
        .empty(t!(seat, "supply-no-renewals"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat))
}

/// What each was given, by the amounts of a form.
fn pack(form: &FormData) -> Result<Vec<Part>, Refusal> {
    let mut pack = Vec::new();
    for good in Good::ALL.iter().copied() {
        let text = form.text(good.as_str());
        if text.is_empty() {
            continue;
        }
        let amount = words::read_amount(good, text);
        let amount = amount.ok_or_else(|| words::no_amount(good.as_str(), text))?;
        if amount > 0 {
            pack.push(Part { good, amount });
        }
    }
    Ok(pack)
}

async fn hand_out(seat: Seat, form: FormData) -> Answer {
    let refused = |refusal: &Refusal| words::told(&seat, refusal);
    let pack = match pack(&form) {
        Ok(pack) => pack,
        Err(refusal) => return page(&seat, refused(&refusal)).await,
    };
    let site = HolderCode::parse(form.text("site"))?;
    let mut area = None;
    let mut households = Vec::new();
    for text in form.all("household") {
        let (of, id) = text.split_once('/').unwrap_or_default();
        let of = AreaCode::parse(of)?;
        if area.is_some_and(|area| area != of) {
            let refusal = Refusal::new("households-of-two-counties");
            return page(&seat, refused(&refusal)).await;
        }
        area = Some(of);
        households.push(HouseholdId::parse(id)?);
    }
    let Some(area) = area else {
        return page(&seat, refused(&Refusal::new("nothing-named"))).await;
    };
    let n = households.len() as i64;
    let proof = form.text("proof").to_owned();
    let command = Command::HandOut(HandOut { site, households, pack, proof });
    let told = match act::send(&seat, area, &form, command).await? {
        Ok(_) => parts::notice(Tone::Good, &t!(&seat, "supply-handed-out", n = n), html! {}),
        Err(refusal) => refused(&refusal),
    };
    page(&seat, told).await
}
