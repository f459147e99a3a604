//! Unmet need: one row a household with all that it lacks and what to do next, for each grid worker; and how many by
//! community, for the desk.

use ledger::Cursor;
use maud::{Markup, html};
use supply::unmet::{ALARM_AFTER, Lack, Reason};
use supply::{Household, views};
use types::{HolderCode, PlaceCode};

use super::orders::order_path;
use super::{PAGE, READERS, under_board, words};
use crate::access::Grant;
use crate::house::{SUPPLY, topic};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::pages::typed;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/unmet", READERS, show);
}

/// The list of an account: of its community, for a grid worker.
pub(super) fn path_of(grant: &Grant) -> String {
    let community = own_community(grant).map_or_else(String::new, |of| format!("&community={of}"));
    format!("/supply/unmet?area={}{community}", grant.scope)
}

/// The community that a grid worker looks after, by the holder that the account acts for.
pub(super) fn own_community(grant: &Grant) -> Option<String> {
    let holder = grant.holder.as_ref().filter(|holder: &&HolderCode| holder.kind() == "grid")?;
    let (_, code) = holder.as_str().split_once(':')?;
    let community = code.get(..12).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    Some(community.to_owned())
}

/// The community of a list: the one that is asked for, else that of the grid worker who asks; none for all.
pub(super) async fn asked_community(seat: &Seat) -> Result<String, Fault> {
    match seat.param("community") {
        Some(asked) => typed::community(seat, &asked).await,
        None => Ok(seat.grant().ok().and_then(own_community).unwrap_or_default()),
    }
}

async fn show(seat: Seat) -> Answer {
    let community = asked_community(&seat).await?;
    let long = seat.param("over").is_some();
    let (scope, now) = (seat.scope(), seat.now());
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let before = if long { views::alarm_before(now) } else { now.hour_start() };
    let mut db = seat.db().await?;
    let counts = views::unmet_counts(&mut db, scope, &community, now).await?;
    let which = (community.as_str(), before);
    let mut found = views::unmet(&mut db, scope, which, after, PAGE + 1).await?;
    let next = cut(&mut found, PAGE, |h| Some(Cursor { at: h.unmet_at()?, id: h.id }.to_string()));
    let homes = words::Homes::of(&seat, &mut db, &found).await?;
    let place = PlaceCode::parse(&community).ok();
    let communities = counts.iter().filter_map(|line| PlaceCode::parse(&line.community).ok());
    let names = Names::of_places(&mut db, communities.chain(place.clone())).await?;
    drop(db);
    let all: i64 = counts.iter().map(|line| line.households).sum();
    let alarm: i64 = counts.iter().map(|line| line.alarm).sum();
    let columns = vec![
        Column::new("where", t!(seat, "supply-where")),
        Column::new("lacks", t!(seat, "supply-lacks-what")),
        Column::new("since", t!(seat, "supply-lacks-since")),
        Column::new("next", t!(seat, "supply-next-step")),
        Column::new("people", t!(seat, "supply-people")).numeric(),
        Column::new("needs", t!(seat, "supply-needs")),
    ];
    let rows = found.iter().map(|h| {
        let reasons = h.lacks(now);
        let place = homes.of_household(&seat, &h.place, h.id);
        vec![
            Cell::words(words::household(&seat, h.area, h.id, &place)),
            Cell::words(tags(&seat, &reasons)),
            words::due_cell(&seat, reasons.iter().map(|reason| reason.at).min()),
            Cell::words(next_step(&seat, h, &reasons)),
            Cell::number(h.people),
            Cell::words(words::needs(&seat, h)),
        ]
    });
    let list = Table::new(t!(seat, "nav-supply-unmet"), columns)
        .empty(t!(seat, "supply-unmet-empty"))
        .rows(rows.collect::<Vec<_>>())
        .next(next);
    let lines = html! {
        (list.render(&seat))
        @if community.is_empty() && counts.len() > 1 { (by_community(&seat, &counts, &names).render(&seat)) }
    };
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let tab = |over: Option<&str>, text: String, n: i64| Tab {
        href: seat.here(&[("over", over), ("after", None), ("fragment", None)]),
        text,
        count: Some(n),
        current: over.is_some() == long,
    };
    let tabs = [
        tab(None, t!(seat, "supply-unmet-all"), all),
        tab(Some("1"), t!(seat, "supply-unmet-long", time = seat.span(ALARM_AFTER)), alarm),
    ];
    let src = seat.here(&[("fragment", Some("lines"))]);
    let mut form = Form::asks(&seat, "/supply/unmet");
    if long {
        form = form.hidden("over", "1");
    }
    let body = html! {
        (form.field(Field::code("community", t!(seat, "supply-community"), false)
                .hint(t!(seat, "supply-community-hint")).value(community.clone()).optional())
            .button(&t!(seat, "show")))
        (parts::tabs(&t!(seat, "nav-supply-unmet"), &tabs))
        (parts::live("lines", &[topic(SUPPLY, scope)], &src, lines))
    };
    let title = match &place {
        Some(place) => t!(seat, "supply-unmet-of", place = names.place(&seat, place)),
        None => t!(seat, "nav-supply-unmet"),
    };
    let lead = html! { (t!(seat, "supply-unmet-lead", n = all, long = alarm)) };
    Ok(seat.render(under_board(&seat, Page::new(title, body).lead(lead))))
}

/// What a household lacks, each once, the gravest first.
pub(super) fn tags(seat: &Seat, reasons: &[Reason]) -> Markup {
    let mut whys: Vec<Lack> = reasons.iter().map(|reason| reason.why).collect();
    whys.sort_unstable();
    whys.dedup();
    html! {
        @for why in whys {
            @let n = reasons.iter().filter(|reason| reason.why == why).count();
            @let name = named(seat, "supply-lack", why.as_str());
            @let text = if n > 1 { format!("{name} × {n}") } else { name };
            (parts::tag(tone(why), &text)) " "
        }
    }
}

fn tone(why: Lack) -> Tone {
    match why {
        Lack::Complaint | Lack::CameBack | Lack::Medicine | Lack::Food | Lack::Milk => Tone::Bad,
        Lack::Order | Lack::Pack | Lack::Renewal => Tone::Warning,
    }
}

/// What to do first, and where.
fn next_step(seat: &Seat, of: &Household, reasons: &[Reason]) -> Markup {
    let Some(first) = reasons.iter().min_by_key(|reason| (reason.why, reason.at)) else {
        return html! {};
    };
    let text = named(seat, "supply-next", first.why.as_str());
    let home = "/supply/households/{area}/{household}";
    let href = match (first.why, first.unit) {
        (Lack::Order | Lack::CameBack, Some(order)) if seat.may_open("/supply/orders/{order}") => {
            Some(order_path(order))
        }
        (Lack::Pack, _) if seat.may_open("/supply/packs") => {
            Some(format!("/supply/packs?community={}&area={}", of.community, of.area))
        }
        _ if seat.may_open(home) => Some(words::household_path(of.area, of.id)),
        _ => None,
    };
    html! {
        @match href {
            Some(href) => { a href=(href) { (text) } }
            None => (text),
        }
    }
}

/// How many households of each community, that is of each grid worker, lack something.
fn by_community(seat: &Seat, counts: &[views::UnmetLine], names: &Names) -> Table {
    let columns = vec![
        Column::new("community", t!(seat, "supply-community")),
        Column::new("all", t!(seat, "supply-unmet-all")).numeric(),
        Column::new("long", t!(seat, "supply-unmet-long", time = seat.span(ALARM_AFTER))).numeric(),
    ];
    let mut counts: Vec<&views::UnmetLine> = counts.iter().collect();
    counts.sort_by_key(|line| (-line.alarm, -line.households, line.community.clone()));
    let rows = counts.into_iter().map(|line| {
        let list = format!("/supply/unmet?community={}&area={}", line.community, line.area);
        let over = format!("{list}&over=1");
        vec![
            Cell::link(&list, names.place_text(seat, &line.community)),
            Cell::count(line.households, &list),
            Cell::count(line.alarm, &over),
        ]
    });
    Table::new(t!(seat, "supply-unmet-by-community"), columns).rows(rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use types::AreaScope;

    use super::*;
    use crate::access::Role;

    #[test]
    fn a_grid_worker_has_the_list_of_its_community() {
        let grant = |holder: Option<&str>| Grant {
            role: Role::Grid,
            scope: AreaScope::parse("220202").expect("a county"),
            holder: holder.map(|text| HolderCode::parse(text).expect("a holder")),
        };
        let own = |holder| own_community(&grant(holder));
        assert_eq!(own(Some("grid:220202001001")).as_deref(), Some("220202001001"));
        assert_eq!(own(Some("grid:220202001001-03")).as_deref(), Some("220202001001"));
        assert_eq!(own(Some("desk:220202")), None);
        assert_eq!(own(None), None);
        let path = path_of(&grant(Some("grid:220202001001")));
        assert_eq!(path, "/supply/unmet?area=220202&community=220202001001");
    }
}
