//! One area: every item of the claim with its number, what it has to be, and the list behind it; the days; the
//! rounds; and the form that signs.

use axum::extract::Path;
use maud::{Markup, html};
use tracing_desk::Calendar;
use types::{Refusal, Span};
use zero::{Claim, Command, Criteria, Degree, Ground, Item, Level, Numbers, Sign, What, views};

use super::{READERS, SIGNERS, overview, words};
use crate::house::{CARE, CASES, TESTING, TRACING, ZERO, ZONES, topic};
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::cases::words as case_words;
use crate::pages::command::county_of;
use crate::pages::testing::names::{Names, pick};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::Local;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zero/at/{place}", READERS, show);
    routes.post("/zero/at/{place}", SIGNERS, sign);
}

/// What is shown of an area.
pub struct Shown {
    /// The area.
    pub ground: Ground,
    /// The rules.
    pub criteria: Criteria,
    /// What they say.
    pub claim: Claim,
    /// What that was made from.
    pub numbers: Numbers,
}

/// An area that somebody has to do with.
///
/// # Errors
/// [`Fault`] for another area, or what is none.
pub async fn read(seat: &Seat, text: &str) -> Result<Shown, Fault> {
    let ground = Ground::parse(text).map_err(Refusal::from)?;
    if !seat.scope().covers(ground.scope()) {
        return Err(Refusal::new("not-your-area").with("area", &ground).into());
    }
    let criteria = overview::criteria(seat, &ground)?;
    let calendar = Calendar::of(seat.app().protocol().zone());
    let mut db = seat.db().await?;
    let numbers = views::numbers(&mut db, &calendar, &ground, seat.now()).await?;
    let claim = zero::claim(&criteria, &calendar, &numbers, seat.now())?;
    Ok(Shown { ground, criteria, claim, numbers })
}

async fn show(seat: Seat, Path(place): Path<String>) -> Answer {
    let shown = read(&seat, &place).await?;
    draw(&seat, &shown, &FormData::default(), Errors::default()).await
}

async fn draw(seat: &Seat, shown: &Shown, typed: &FormData, errors: Errors) -> Answer {
    let Shown { ground, criteria, claim, numbers } = shown;
    let mut db = seat.db().await?;
    let scope = ground.scope();
    let signed = views::certificates(&mut db, scope, false, None, 200).await?;
    let names = Names::of_places(&mut db, words::codes([ground])).await?;
    drop(db);
    let name = words::ground(seat, &names, ground);
    let last = signed.iter().find(|certificate| certificate.document.ground == *ground);
    let facts = html! {
        @if let Some(last) = last {
            p {
                a href=(words::certificate_path(last.id)) { (t!(seat, "zero-certificate-no", number = last.document.number())) }
                " " (words::standing(seat, last.standing(seat.now())).into_markup())
            }
        }
        (parts::facts(&[
            (t!(seat, "zero-level"), words::level(seat, claim.level).into_markup()),
            (t!(seat, "zero-since"), overview::since(seat, claim).into_markup()),
            (t!(seat, "zero-rule"), rule(seat, &criteria.said)),
            (t!(seat, "zero-rule-evidence"), rule(seat, &criteria.evidence)),
        ]))
        (items(seat, shown).render(seat))
        (days(seat, shown).render(seat))
        (rounds(seat, numbers).render(seat))
    };
    if seat.wants_fragment("evidence") {
        return Ok(seat.fragment(facts));
    }
    let src = seat.here(&[("fragment", Some("evidence"))]);
    let topics = [CASES, CARE, TESTING, TRACING, ZONES, ZERO].map(|desk| topic(desk, scope));
    let body = html! {
        (parts::live("evidence", &topics, &src, facts))
        (signing(seat, shown, typed, errors))
    };
    let page = Page::new(t!(seat, "zero-evidence-of", area = name.as_str()), body)
        .lead(html! { (t!(seat, "zero-evidence-lead")) })
        .crumb(seat.link("/zero"), t!(seat, "nav-zero"));
    Ok(seat.render(page))
}

fn rule(seat: &Seat, said: &zero::Said) -> Markup {
    // Rules that an edition names apart have a page under the name of their parameter.
    let id = if said.rule.starts_with("zero.evidence") { "zero.evidence" } else { "zero.rule" };
    let href = format!("/testing/protocol/{id}");
    html! {
        (words::said(seat, said)) " "
        span .muted {
            @if seat.may_open("/testing/protocol/{rule}") { a href=(href) { code { (said.rule) } } }
            @else { code { (said.rule) } }
            " · " (said.edition) " · " (words::said_status(seat, said))
        }
    }
}

fn items(seat: &Seat, shown: &Shown) -> Table {
    let columns = vec![
        Column::new("what", t!(seat, "zero-item")),
        Column::new("number", t!(seat, "zero-number")).numeric(),
        Column::new("limit", t!(seat, "zero-limit")).numeric(),
        Column::new("met", t!(seat, "zero-met")),
        Column::new("about", t!(seat, "zero-about")),
    ];
    let rows = shown.claim.items.iter().map(|item| {
        let value = words::value(seat, item.what, item.number);
        vec![
            Cell::text(words::what(seat, item.what)),
            match href(seat, shown, item.what) {
                Some(href) => Cell::link(&href, value),
                None => Cell::text(value),
            },
            Cell::text(words::limit(seat, item)),
            words::passes(seat, item),
            Cell::text(seat.text(&format!("zero-what-{}-hint", item.what))).long(),
        ]
    });
    Table::new(t!(seat, "zero-items"), columns).rows(rows)
}

/// The list behind an item, for those who may open it.
fn href(seat: &Seat, shown: &Shown, what: What) -> Option<String> {
    let ground = &shown.ground;
    let area = ground.scope();
    let place = ground.is_street().then(|| ground.as_str());
    let round = shown.numbers.finished(seat.now()).next().map(|round| round.round);
    let in_round = |list: &str, with_place: bool| {
        let round = round?;
        let place = place.filter(|_| with_place).map_or(String::new(), |p| format!("/{p}"));
        Some(format!("/testing/rounds/{round}{list}{place}?area={area}"))
    };
    let cases = |found_in: &str| {
        let from = day(seat, seat.now() - Span::days(shown.criteria.days));
        let place = place.map_or(String::new(), |place| format!("&place={place}"));
        format!("/cases?found_in={found_in}&from={from}{place}&area={area}")
    };
    let within = place.map_or(String::new(), |place| format!("&within={place}"));
    let (route, href) = match what {
        What::Infections => ("/cases", Some(cases("community"))),
        What::Untold => ("/cases", Some(cases("unknown"))),
        What::Rounds | What::Fresh => {
            ("/testing/rounds", Some(format!("/testing/rounds?area={area}")))
        }
        What::Coverage => ("/testing/rounds/{round}", in_round("", false)),
        What::Blind => ("/testing/rounds/{round}/blind", in_round("/blind", true)),
        What::Tubes => ("/testing/rounds/{round}/tubes", in_round("/tubes", true)),
        What::Pools => {
            let list = in_round("/recalls", false).map(|href| format!("{href}{within}"));
            ("/testing/rounds/{round}/recalls", list)
        }
        What::Queue => ("/care/queue", Some(format!("/care/queue?area={area}"))),
        What::Contacts => {
            let street = place.map_or(String::new(), |place| format!("&street={place}"));
            let list = format!("/tracing/contacts?stage=identified{street}&area={area}");
            ("/tracing/contacts", Some(list))
        }
        What::Sweeps | What::Unswept => {
            ("/zones/sweeps", Some(format!("/zones/sweeps?area={area}{within}")))
        }
        What::Strays => {
            ("/zones/sweeps", Some(format!("/zones/sweeps?area={area}{within}#strays")))
        }
        What::Signals => ("/zero/signals", Some(format!("/zero/signals?area={area}"))),
        What::Sure => {
            ("/testing/protocol/{rule}", Some("/testing/protocol/zero.chains".to_owned()))
        }
    };
    href.filter(|_| seat.may_open(route))
}

fn day(seat: &Seat, at: types::Micros) -> String {
    Local::new(at, seat.app().zone()).day().to_owned()
}

fn days(seat: &Seat, shown: &Shown) -> Table {
    let (ground, claim) = (&shown.ground, &shown.claim);
    let mut columns = vec![
        Column::new("day", t!(seat, "zero-day")),
        Column::new("community", t!(seat, "zero-in-community")).numeric(),
    ];
    let tags = crate::pages::command::FOUND;
    for tag in tags {
        columns.push(Column::new("n", case_words::found_in(seat, tag)).numeric());
    }
    let place = match ground.is_street() {
        true => format!("&place={ground}"),
        false => String::new(),
    };
    let list = |from: &str, until: &str, tag: &str| {
        format!("/cases?found_in={tag}&from={from}&until={until}{place}&area={}", ground.scope())
    };
    let may = seat.may_open("/cases");
    let rows = claim.days.iter().rev().take(14).map(|of| {
        let (from, until) = (day(seat, of.day), day(seat, of.day + Span::hours(36)));
        let mut row = vec![
            Cell::text(from.clone()),
            match of.community {
                0 => Cell::number(0),
                n => Cell::tag(Tone::Bad, crate::i18n::number(n)),
            },
        ];
        row.extend(tags.iter().map(|tag| {
            let n = of.found.iter().find(|(found, _)| found == tag).map_or(0, |(_, n)| *n);
            let word = tag.map_or("unknown", cases::FoundIn::as_str);
            match may && n != 0 {
                true => Cell::count(n, &list(&from, &until, word)),
                false => Cell::number(n),
            }
        }));
        row
    });
    Table::new(t!(seat, "zero-by-day"), columns).rows(rows.collect::<Vec<_>>())
}

fn rounds(seat: &Seat, numbers: &Numbers) -> Table {
    let columns = vec![
        Column::new("round", t!(seat, "round")),
        Column::new("begun", t!(seat, "zero-begun")),
        Column::new("expected", t!(seat, "stage-planned")).numeric(),
        Column::new("exempt", t!(seat, "stage-exempt")).numeric(),
        Column::new("settled", t!(seat, "zero-settled")).numeric(),
        Column::new("coverage", words::what(seat, What::Coverage)).numeric(),
        Column::new("blind", words::what(seat, What::Blind)).numeric(),
        Column::new("tubes", words::what(seat, What::Tubes)).numeric(),
        Column::new("pools", words::what(seat, What::Pools)).numeric(),
    ];
    let may = seat.may_open("/testing/rounds/{round}");
    let rows = numbers.rounds.iter().map(|round| {
        let name = pick(seat.lang(), &round.name_zh, &round.name_en);
        let name = format!("{name} {}", round.number);
        let href = seat.link(&format!("/testing/rounds/{}", round.round));
        vec![
            if may { Cell::link(&href, name) } else { Cell::text(name) },
            match round.is_running(seat.now()) {
                true => Cell::tag(Tone::Info, t!(seat, "zero-running")),
                false => Cell::time(seat.time(round.starts_at)),
            },
            Cell::number(round.planned),
            Cell::number(round.exempt),
            Cell::number(round.settled),
            Cell::text(words::value(seat, What::Coverage, round.coverage())),
            Cell::number(round.blind()),
            Cell::number(round.tubes),
            Cell::number(round.recalled),
        ]
    });
    Table::new(t!(seat, "zero-rounds"), columns).empty(t!(seat, "zero-no-rounds")).rows(rows)
}

/// The forms that sign: zero, or why nobody can; and basic zero where that is reached and zero is not.
fn signing(seat: &Seat, shown: &Shown, typed: &FormData, errors: Errors) -> Markup {
    let Shown { ground, criteria, claim, .. } = shown;
    let roles = SIGNERS.roles();
    let may = seat.somebody().is_some_and(|a| a.grant_for(roles, ground.scope()).is_some());
    if !may {
        return html! {};
    }
    let of_basic = typed.text("degree") == Degree::Basic.as_str();
    let (basic_errors, zero_errors) =
        if of_basic { (errors, Errors::default()) } else { (Errors::default(), errors) };
    let basic = claim.items_for(Degree::Basic).filter(|_| claim.level == Level::Basic);
    html! {
        (sign_form(seat, shown, (Degree::Zero, &claim.items), typed, zero_errors))
        @if let Some(items) = basic {
            (sign_form(seat, shown, (Degree::Basic, &items), typed, basic_errors))
            p .muted { (t!(seat, "zero-basic-most", most = claim.basic.map_or(0, |basic| basic.most), days = criteria.days)) }
        }
    }
}

fn sign_form(
    seat: &Seat,
    shown: &Shown,
    (degree, items): (Degree, &[Item]),
    typed: &FormData,
    errors: Errors,
) -> Markup {
    let Shown { ground, criteria, .. } = shown;
    let failing: Vec<_> = items.iter().filter(|item| !item.passes).collect();
    let never = failing.iter().any(|item| item.what.is_claim() || item.what.is_unseen())
        || (!criteria.judged && !failing.is_empty());
    let list: Vec<String> = failing.iter().map(|item| words::what(seat, item.what)).collect();
    let list = list.join(t!(seat, "zero-comma").as_str());
    let title = words::sign(seat, degree);
    if never {
        return parts::panel(
            &title,
            html! {
                p { (t!(seat, "zero-cannot-sign", list = list.as_str())) }
            },
        );
    }
    let seen: Vec<String> =
        failing.iter().map(|item| format!("{}:{}", item.what, item.number)).collect();
    let form = Form::new(seat, words::ground_path(ground));
    // A second form on the page has fields of its own.
    let form = if degree == Degree::Basic { form.part(degree.as_str()) } else { form };
    let mut form = form
        .hidden(act::ID, &act::again(typed, &errors))
        .hidden("degree", degree.as_str())
        .hidden("seen", &seen.join(","))
        .errors(errors)
        .field(
            Field::text("signed_by", t!(seat, "decision-signed"))
                .hint(t!(seat, "decision-signed-hint"))
                .value(typed.text("signed_by")),
        );
    if !failing.is_empty() {
        form = form.field(
            Field::area("reason", t!(seat, "zero-reason"), 3)
                .hint(t!(seat, "zero-reason-hint", list = list.as_str()))
                .value(typed.text("reason")),
        );
    }
    parts::panel(
        &title,
        html! {
            p { (t!(seat, "zero-sign-lead", days = criteria.holds.0 / Span::days(1).0)) }
            (form.button(&title))
        },
    )
}

/// What the signer read: `coverage:9880,tubes:3`.
fn seen(text: &str) -> Vec<(What, i64)> {
    let one = |piece: &str| {
        let (what, n) = piece.split_once(':')?;
        Some((What::parse(what)?, n.parse().ok()?))
    };
    text.split(',').filter_map(one).collect()
}

async fn sign(seat: Seat, Path(place): Path<String>, form: FormData) -> Answer {
    let ground = Ground::parse(&place).map_err(Refusal::from)?;
    let command = Command::Sign(Sign {
        ground: ground.clone(),
        degree: Degree::parse(form.text("degree")).unwrap_or(Degree::Zero),
        signed_by: form.text("signed_by").to_owned(),
        seen: seen(form.text("seen")),
        reason: form.text("reason").to_owned(),
    });
    let area = county_of(&seat, ground.scope()).await?;
    if let Err(refusal) = act::send(&seat, area, &form, command).await? {
        let field = if refusal.code == "zero-unsigned" { "signed_by" } else { "reason" };
        let shown = read(&seat, &place).await?;
        return draw(&seat, &shown, &form, Errors::one(field, refusal)).await;
    }
    let mut db = seat.db().await?;
    let found = views::certificates(&mut db, ground.scope(), false, None, 20).await?;
    let signed = found.into_iter().find(|certificate| certificate.document.ground == ground);
    Ok(seat.go(&match signed {
        Some(certificate) => words::certificate_path(certificate.id),
        None => words::ground_path(&ground),
    }))
}
