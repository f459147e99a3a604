//! A household's supplies, for itself: when the next comes, which shop to call, its prices, its medicines, and what
//! to do when nothing came.

use maud::{Markup, html};
use supply::{About, Command, SiteKind, views};
use types::{AreaCode, HouseholdId, Refusal};

use super::{RESIDENT, own};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::pages::supply::{contacts, pack_contents, price_table, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/my/supply", RESIDENT, show);
    routes.post("/my/supply/complain", RESIDENT, complain);
    routes.post("/my/supply/renewal", RESIDENT, renewal);
}

/// The household's next supplies in one sentence, for its first page.
pub async fn line(
    seat: &Seat,
    area: AreaCode,
    household: HouseholdId,
) -> Result<Option<String>, Fault> {
    let mut db = seat.db().await?;
    let known = views::household(&mut db, area, household).await?;
    let Some(known) = known.filter(|known| known.mode.is_restricted()) else { return Ok(None) };
    Ok(known.next_food.map(|at| {
        let at = seat.time(at);
        match known.next_food.is_some_and(|due| due < seat.now()) {
            true => t!(seat, "my-supply-late", at = at.as_str()),
            false => t!(seat, "my-supply-next", at = at.as_str()),
        }
    }))
}

async fn show(seat: Seat) -> Answer {
    page(&seat, html! {}).await
}

async fn page(seat: &Seat, told: Markup) -> Answer {
    let (area, id) = own(seat)?;
    let mut db = seat.db().await?;
    let known = views::household(&mut db, area, id).await?;
    let line = registry::views::household(&mut db, area, id).await?;
    let medicines = views::medicines(&mut db, area, id).await?;
    let complaints = views::complaints_of(&mut db, id, 10).await?;
    let community = line.as_ref().and_then(|line| line.place.as_str().get(..12));
    let community = community.unwrap_or_default().to_owned();
    let serves = views::serves(&mut db, types::AreaScope::one(area)).await?;
    let codes: Vec<_> = serves
        .into_iter()
        .filter(|line| line.community == community)
        .filter_map(|line| line.shop)
        .collect();
    let mut shops = views::sites_by_code(&mut db, &codes).await?;
    shops.retain(|shop| shop.closed.is_none() && shop.kind == SiteKind::Shop);
    let mut lists = Vec::with_capacity(shops.len());
    for shop in &shops {
        lists.push(views::items(&mut db, shop).await?);
    }
    drop(db);
    let mut rows = Vec::new();
    if let Some(known) = &known {
        rows.push((t!(seat, "supply-how"), words::mode(seat, known.mode)));
        if known.mode.is_restricted() {
            let due = words::due_cell(seat, known.next_food).into_markup();
            rows.push((t!(seat, "supply-food-due"), due));
        }
        rows.extend(known.last_food.map(|at| (t!(seat, "supply-last"), html! { (seat.time(at)) })));
        if !known.needs.is_empty() {
            rows.push((t!(seat, "supply-needs"), words::needs(seat, known)));
        }
        if known.is_entitled() {
            let parts = supply::pack_for(known.people, &known.needs, supply::PACK_DAYS);
            let pack = t!(
                seat,
                "my-supply-owed",
                days = supply::PACK_DAYS,
                what = pack_contents(seat, &parts)
            );
            rows.push((t!(seat, "supply-owed-pack"), html! { (pack) }));
        }
    }
    let taken: Vec<_> = medicines.iter().filter(|(_, medicine)| medicine.taken).collect();
    let about = options(seat, "supply-about", None, About::ALL.iter().map(|about| about.as_str()));
    let body = html! {
        (told)
        @if known.is_none() { p { (t!(seat, "my-supply-free")) } }
        (parts::facts(&rows))
        p { (parts::button_link("/my/orders", &t!(seat, "my-orders"), true)) }
        @if !taken.is_empty() {
            (parts::panel(&t!(seat, "supply-medicines"), html! {
                ul {
                    @for (name, medicine) in &taken {
                        li {
                            (name) " · " (t!(seat, "supply-last-dose")) " " (seat.time(medicine.last_dose).day())
                            @if let Some(until) = medicine.prescribed_until {
                                " · " (t!(seat, "supply-prescribed-until")) " " (seat.time(until).day())
                            }
                            @match (medicine.asked, medicine.prescribed_until) {
                                (Some((_, due)), _) => { " " (parts::tag(Tone::Info, &t!(seat, "supply-renewal-by"))) " " (seat.time(due)) }
                                (None, Some(_)) => {
                                    (Form::new(seat, "/my/supply/renewal").part(name).quiet()
                                        .hidden(act::ID, &act::fresh())
                                        .hidden("name", name)
                                        .button(&t!(seat, "supply-renewal-ask")))
                                }
                                _ => {}
                            }
                        }
                    }
                }
            }))
        }
        @for (shop, items) in shops.iter().zip(&lists) {
            (parts::panel(&words::site_name(seat, shop), html! {
                @if shop.contacts.is_empty() { p { (t!(seat, "my-supply-no-phone")) } }
                p { (contacts(&shop.contacts)) }
                (price_table(seat, items).render(seat))
            }))
        }
        @if shops.is_empty() { p { (t!(seat, "my-supply-no-shop")) } }
        (parts::panel(&t!(seat, "my-supply-complain"), html! {
            p { (t!(seat, "my-supply-complain-hint")) }
            (Form::new(seat, "/my/supply/complain")
                .hidden(act::ID, &act::fresh())
                .field(Field::select("about", t!(seat, "supply-about"), about))
                .field(Field::area("said", t!(seat, "supply-said"), 3))
                .button(&t!(seat, "supply-tell")))
        }))
        @if !complaints.is_empty() {
            (parts::panel(&t!(seat, "supply-complaints"), html! {
                ul {
                    @for complaint in &complaints {
                        li {
                            (seat.time(complaint.at)) " · " (named(seat, "supply-about", complaint.about.as_str())) " · "
                            @match complaint.answered_at {
                                Some(at) => { (parts::tag(Tone::Good, &t!(seat, "supply-answered-at"))) " " (seat.time(at)) " " (complaint.answer) }
                                None => { (parts::tag(Tone::Warning, &t!(seat, "supply-answer-by"))) " " (seat.time(complaint.due)) }
                            }
                        }
                    }
                }
            }))
        }
    };
    let page = Page::new(t!(seat, "my-supply"), body).crumb("/my", t!(seat, "my-title")).narrow();
    Ok(seat.render(page))
}

async fn renewal(seat: Seat, form: FormData) -> Answer {
    let (area, household) = own(&seat)?;
    let command = Command::AskRenewal { household, name: form.text("name").to_owned() };
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go("/my/supply")),
        Err(refusal) => page(&seat, words::told(&seat, &refusal)).await,
    }
}

async fn complain(seat: Seat, form: FormData) -> Answer {
    let (area, household) = own(&seat)?;
    let about = About::parse(form.text("about")).unwrap_or(About::Other);
    let said = form.text("said").to_owned();
    let command = Command::Complain { household, about, said };
    let told: Result<_, Refusal> = act::send(&seat, area, &form, command).await?;
    match told {
        Ok(_) => Ok(seat.go("/my/supply")),
        Err(refusal) => page(&seat, words::told(&seat, &refusal)).await,
    }
}
