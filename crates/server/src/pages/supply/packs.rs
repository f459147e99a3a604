//! Packs for those who cannot order: who is owed one and why, what is in it, and one act that orders them all.

use std::collections::BTreeMap;

use ledger::Cursor;
use maud::{Markup, html};
use supply::{
    Command, Household, MOST_LINES, Need, OrderCommand, PACK_DAYS, PACK_DAYS_AT_MOST, Part, Site,
    pack_for, views,
};
use types::{AreaCode, HolderCode, HouseholdId, Refusal};

use super::orders::order_path;
use super::unmet::asked_community;
use super::{CARERS, MOST, under_board, words};
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/packs", CARERS, show);
    routes.post("/supply/packs", CARERS, order);
}

async fn show(seat: Seat) -> Answer {
    page(&seat, html! {}).await
}

/// For how many days: as asked, or the setting.
fn days_of(text: &str) -> i64 {
    text.parse().ok().filter(|days| (1..=PACK_DAYS_AT_MOST).contains(days)).unwrap_or(PACK_DAYS)
}

/// What is in a pack, in one sentence.
pub(crate) fn contents(seat: &Seat, parts: &[Part]) -> String {
    let one = |part: &Part| {
        format!("{} {}", words::good(seat, part.good), words::amount(seat, part.good, part.amount))
    };
    parts.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// Why a household is owed packs.
fn why(seat: &Seat, of: &Household) -> Markup {
    let needs = of.needs.iter().filter(|need| matches!(need, Need::CannotOrder | Need::Alone));
    html! {
        @for need in needs { (parts::tag(Tone::Info, &named(seat, "supply-need", need.as_str()))) " " }
        (words::mode(seat, of.mode))
    }
}

/// The shops of each community, the one that packs for most first.
struct Packers {
    by: BTreeMap<String, Vec<HolderCode>>,
    shops: Vec<Site>,
}

impl Packers {
    async fn load(seat: &Seat) -> Result<Packers, Fault> {
        let mut db = seat.db().await?;
        let mut lines = views::serves(&mut db, seat.scope()).await?;
        lines.sort_by_key(|line| -line.serves.households);
        let mut by: BTreeMap<String, Vec<HolderCode>> = BTreeMap::new();
        for line in lines {
            if let Some(shop) = line.shop {
                by.entry(line.community).or_default().push(shop);
            }
        }
        let codes: Vec<HolderCode> = by.values().flatten().cloned().collect();
        let mut shops = views::sites_by_code(&mut db, &codes).await?;
        shops.retain(|shop| shop.closed.is_none());
        Ok(Packers { by, shops })
    }

    /// Which shop packs for a household: one of its community that is open; for halal, one that has it.
    fn of(&self, household: &Household) -> Option<&Site> {
        let codes = self.by.get(&household.community)?;
        let open: Vec<&Site> = codes
            .iter()
            .filter_map(|code| self.shops.iter().find(|shop| shop.code == *code))
            .collect();
        let halal = household.needs.contains(&Need::Halal);
        open.iter().find(|shop| halal && shop.halal).or(open.first()).copied()
    }
}

async fn page(seat: &Seat, told: Markup) -> Answer {
    let community = asked_community(seat).await?;
    let all = seat.param("all").is_some();
    let days = days_of(&seat.param("days").unwrap_or_default());
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let packers = Packers::load(seat).await?;
    let mut db = seat.db().await?;
    let which = (community.as_str(), !all);
    let mut found = views::entitled(&mut db, seat.scope(), which, after, MOST + 1).await?;
    let next = cut(&mut found, MOST, |h| Some(Cursor { at: h.next_food?, id: h.id }.to_string()));
    let homes = words::Homes::with_doors(&mut db, &found).await?;
    drop(db);
    let columns = vec![
        Column::new("where", t!(seat, "supply-where")),
        Column::new("why", t!(seat, "supply-entitled-why")),
        Column::new("people", t!(seat, "supply-people")).numeric(),
        Column::new("needs", t!(seat, "supply-needs")),
        Column::new("contents", t!(seat, "supply-pack-contents", n = days)),
        Column::new("food", t!(seat, "supply-food-due")),
        Column::new("shop", t!(seat, "supply-site")),
        Column::new("pack", t!(seat, "supply-pack-under-way")),
    ];
    let rows = found.iter().map(|h| {
        let place = homes.of_household(seat, &h.place, h.id);
        let label = t!(seat, "supply-tick-of", household = place.as_str());
        let coming = h.waits.iter().find(|wait| wait.pack);
        let shown = html! {
            @if coming.is_none() {
                input type="checkbox" name="household" value=(format!("{}/{}", h.area, h.id))
                    aria-label=(label) form="packs" checked;
                " "
            }
            (words::household(seat, h.area, h.id, &place))
        };
        let needs = h.needs.iter().filter(|need| !matches!(need, Need::CannotOrder | Need::Alone));
        let needs = html! {
            @for need in needs { (parts::tag(Tone::Info, &named(seat, "supply-need", need.as_str()))) " " }
            @if !h.note.is_empty() { (h.note) }
        };
        vec![
            Cell::markup(shown, place.clone()),
            Cell::words(why(seat, h)),
            Cell::number(h.people),
            Cell::words(needs),
            Cell::text(contents(seat, &pack_for(h.people, &h.needs, days))).long(),
            words::due_cell(seat, h.next_food),
            match packers.of(h) {
                Some(shop) => Cell::text(words::site_name(seat, shop)),
                None => Cell::tag(Tone::Bad, t!(seat, "supply-pack-no-shop")),
            },
            match coming {
                Some(wait) => Cell::link(&order_path(wait.unit), words::short(wait.unit)),
                None => Cell::none(),
            },
        ]
    });
    let table = Table::new(t!(seat, "nav-supply-packs"), columns)
        .empty(match all {
            true => t!(seat, "supply-packs-empty"),
            false => t!(seat, "supply-packs-none-waiting"),
        })
        .rows(rows.collect::<Vec<_>>())
        .next(next);
    let waiting = found.iter().filter(|h| !h.has_pack_coming()).count() as i64;
    let tab = |value: Option<&str>, text: String| Tab {
        href: list(seat, &[("all", value), ("after", None)]),
        text,
        count: None,
        current: value.is_some() == all,
    };
    let tabs =
        [tab(None, t!(seat, "supply-packs-waiting")), tab(Some("1"), t!(seat, "supply-all"))];
    let mut asks = Form::asks(seat, "/supply/packs");
    if all {
        asks = asks.hidden("all", "1");
    }
    let form = Form::new(seat, list(seat, &[("after", None)]))
        .hidden("days", &days.to_string())
        .button(&t!(seat, "supply-packs-order", n = days));
    // The boxes in the table are of this form, wherever they stand.
    let form = form.into_string().replacen("<form ", "<form id=\"packs\" ", 1);
    let body = html! {
        (told)
        (asks
            .field(Field::code("community", t!(seat, "supply-community"), false)
                .hint(t!(seat, "supply-community-hint")).value(community.clone()).optional())
            .field(Field::number("days", t!(seat, "supply-pack-days")).value(days.to_string()))
            .button(&t!(seat, "show")))
        (parts::tabs(&t!(seat, "nav-supply-packs"), &tabs))
        (table.render(seat))
        @if waiting > 0 { (maud::PreEscaped(form)) }
    };
    let lead = html! { (t!(seat, "supply-packs-lead")) };
    let page = Page::new(t!(seat, "nav-supply-packs"), body).lead(lead);
    Ok(seat.render(under_board(seat, page)))
}

/// The address of the list, also where its form was sent.
fn list(seat: &Seat, changes: &[(&str, Option<&str>)]) -> String {
    seat.here(changes).replacen(seat.path(), "/supply/packs", 1)
}

/// Orders packs for those who are ticked, each at a shop of its community; who gets none is named with the reason.
async fn order(seat: Seat, form: FormData) -> Answer {
    let mut ids: Vec<(AreaCode, HouseholdId)> = Vec::new();
    for text in form.all("household") {
        let (area, id) = text.split_once('/').unwrap_or_default();
        ids.push((AreaCode::parse(area)?, HouseholdId::parse(id)?));
    }
    if ids.is_empty() {
        return page(&seat, words::told(&seat, &Refusal::new("nothing-named"))).await;
    }
    let days = days_of(form.text("days"));
    let packers = Packers::load(&seat).await?;
    let mut db = seat.db().await?;
    let households = views::households(&mut db, &ids).await?;
    drop(db);
    let mut by: BTreeMap<(AreaCode, HolderCode), Vec<HouseholdId>> = BTreeMap::new();
    let mut refused: Vec<(HouseholdId, Refusal)> = Vec::new();
    for household in &households {
        match packers.of(household) {
            Some(shop) => {
                by.entry((household.area, shop.code.clone())).or_default().push(household.id);
            }
            None => {
                let refusal = Refusal::new("no-shop-serves").with("place", &household.community);
                refused.push((household.id, refusal.by_rule("restriction.supply")));
            }
        }
    }
    let mut commands = Vec::new();
    let mut asked = Vec::new();
    for ((area, shop), households) in by {
        for households in households.chunks(MOST_LINES) {
            asked.push(households.to_vec());
            let (shop, households) = (shop.clone(), households.to_vec());
            let packs = OrderCommand::Packs { shop, households, days };
            commands.push((area, seat.now(), Command::Order(Box::new(packs)).into()));
        }
    }
    let mut done = 0;
    let outcomes = match commands.is_empty() {
        true => Vec::new(),
        false => act::many(&seat, commands).await?,
    };
    for (outcome, households) in outcomes.iter().zip(&asked) {
        let of = |refusal: &Refusal| {
            let named = |id: &&HouseholdId| {
                refusal.args.iter().any(|(name, value)| {
                    name.as_ref() as &str == "household" && *value == id.to_string()
                })
            };
            households.iter().find(named).copied()
        };
        match &outcome.refusal {
            // One that all of them share, or of the only one.
            Some(refusal) => {
                let those = of(refusal).map_or_else(|| households.clone(), |one| vec![one]);
                refused.extend(those.into_iter().map(|id| (id, refusal.clone())));
            }
            None => {
                done += households.len() as i64 - outcome.notes.len() as i64;
                let notes = outcome.notes.iter().filter_map(|note| Some((of(note)?, note.clone())));
                refused.extend(notes);
            }
        }
    }
    let place = |id: HouseholdId| {
        let of = households.iter().find(|household| household.id == id);
        of.map(|of| words::household(&seat, of.area, of.id, of.place.as_str()))
    };
    let told = html! {
        @if done > 0 { (parts::notice(Tone::Good, &t!(&seat, "supply-packs-ordered", n = done), html! {})) }
        @if !refused.is_empty() {
            (parts::notice(Tone::Bad, &t!(&seat, "supply-packs-refused", n = refused.len() as i64), html! {
                ul {
                    @for (id, refusal) in &refused {
                        li {
                            (place(*id).unwrap_or_default()) " · " (seat.lang().refusal(refusal)) " "
                            (seat.lang().refusal_next(refusal))
                        }
                    }
                }
            }))
        }
    };
    page(&seat, told).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_for_days_that_the_rule_takes() {
        assert_eq!(days_of("7"), 7);
        for wrong in ["", "0", "15", "-1", "many"] {
            assert_eq!(days_of(wrong), PACK_DAYS, "{wrong}");
        }
    }
}
