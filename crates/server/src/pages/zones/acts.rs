//! What is done with zones: renewed, eased, raised; what they owe; proposals that are not followed; those
//! whose time is over.

use std::collections::BTreeMap;

use axum::extract::Path;
use types::{AreaCode, PlaceCode, Refusal, UnitId};
use zones::{Command, Draft, Ease, Level, views};

use super::{DECIDERS, words, zone};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::FormData;
use crate::ui::layout::Page;
use crate::ui::time::parse_local;

/// Most zones that one press lowers.
const MOST: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/zones/{unit}/renew", DECIDERS, renew);
    routes.post("/zones/{unit}/ease", DECIDERS, ease);
    routes.post("/zones/{unit}/raise", DECIDERS, raise);
    routes.post("/zones/{unit}/duties", DECIDERS, duties);
    routes.post("/zones/refuse", DECIDERS, refuse);
    routes.post("/zones/expire", DECIDERS, expire);
}

async fn renew(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_zone(&seat, &unit).await?;
    let until = parse_local(form.text("until"), seat.app().zone())?;
    let reason = form.text("reason").to_owned();
    let command = Command::Renew { zones: vec![of.id], until, reason };
    let done = act::send(&seat, of.area(), &form, command).await?;
    zone::done(&seat, &of, done).await
}

async fn ease(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_zone(&seat, &unit).await?;
    let command = Command::Ease(Ease {
        zone: of.id,
        level: Level::parse(form.text("level")),
        until: None,
        reason: form.text("reason").to_owned(),
    });
    let done = act::send(&seat, of.area(), &form, command).await?;
    zone::done(&seat, &of, done).await
}

async fn raise(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_zone(&seat, &unit).await?;
    let Some(level) = Level::parse(form.text("level")) else {
        return zone::done(&seat, &of, Err(Refusal::new("choice-missing"))).await;
    };
    let reason = form.text("reason").to_owned();
    let command = Command::Raise { zone: of.id, level, reason };
    let done = act::send(&seat, of.area(), &form, command).await?;
    zone::done(&seat, &of, done).await
}

async fn duties(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_zone(&seat, &unit).await?;
    let duties = Draft {
        until: None,
        supply: form.text("supply").to_owned(),
        urgent: form.text("urgent").to_owned(),
        basis: form.text("basis").to_owned(),
    };
    let reason = form.text("reason").to_owned();
    let command = Command::SetDuties { zone: of.id, duties, reason };
    let done = act::send(&seat, of.area(), &form, command).await?;
    zone::done(&seat, &of, done).await
}

async fn refuse(seat: Seat, form: FormData) -> Answer {
    let place = PlaceCode::parse(form.text("place"))?;
    let area = place.area().ok_or_else(|| Refusal::new("zone-too-wide").with("place", &place))?;
    let level = Level::parse(form.text("level")).ok_or_else(|| Refusal::new("choice-missing"))?;
    let reason = form.text("reason").to_owned();
    let command = Command::Refuse { place, level, reason };
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&seat.link("/zones/proposals"))),
        Err(refusal) => {
            let body = words::told(&seat, &refusal);
            let page = Page::new(t!(seat, "zone-refuse"), body);
            let page = page.crumb(seat.link("/zones/proposals"), t!(seat, "nav-zones-proposals"));
            Ok(seat.render(page))
        }
    }
}

/// Those whose time is over fall to the next lower level now.
async fn expire(seat: Seat, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let over = views::ending(&mut db, seat.scope(), seat.now(), MOST).await?;
    drop(db);
    let mut counties: BTreeMap<AreaCode, Vec<UnitId>> = BTreeMap::new();
    for zone in over {
        counties.entry(zone.area()).or_default().push(zone.id);
    }
    let one = counties.len() == 1;
    for (area, zones) in counties {
        let command = Command::Expire { zones };
        let done = match one {
            true => act::send(&seat, area, &form, command).await?,
            false => act::once(&seat, area, command).await?,
        };
        done?;
    }
    Ok(seat.go(&seat.link("/zones")))
}
