//! What is done at a place: goods come in, leave, are counted, go bad; it closes and opens; a shop's list.

use axum::extract::Path;
use registry::command::Purpose;
use supply::{Command, Good, Item, Line, LossWhy, Origin, Send, Site, TakeIn, views};
use types::{HolderCode, Refusal, UnitId};

use super::{DESK, KEEPERS, site, words};
use crate::Fault;
use crate::pages::testing::people;
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::FormData;
use crate::ui::time::parse_local;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/supply/sites/{holder}/take-in", KEEPERS, take_in);
    routes.post("/supply/sites/{holder}/send", KEEPERS, send);
    routes.post("/supply/sites/{holder}/count", KEEPERS, count);
    routes.post("/supply/sites/{holder}/spoil", KEEPERS, spoil);
    routes.post("/supply/sites/{holder}/prices", KEEPERS, prices);
    routes.post("/supply/sites/{holder}/staff", KEEPERS, staff);
    routes.post("/supply/sites/{holder}/serves", DESK, serves);
    routes.post("/supply/sites/{holder}/close", DESK, close);
    routes.post("/supply/sites/{holder}/reopen", DESK, reopen);
}

async fn done(seat: &Seat, of: &Site, form: &FormData, command: Command) -> Answer {
    match act::send(seat, of.area, form, command).await? {
        Ok(_) => Ok(seat.go(&words::site_path(&of.code))),
        Err(refusal) => site::page(seat, of, Some(&refusal)).await,
    }
}

/// What a form says, or the page with what is wrong with it.
macro_rules! or_page {
    ($seat:expr, $of:expr, $result:expr) => {
        match $result {
            Ok(value) => value,
            Err(refusal) => return site::page(&$seat, &$of, Some(&Refusal::from(refusal))).await,
        }
    };
}

fn amount(good: Good, form: &FormData) -> Result<i64, Refusal> {
    let text = form.text("amount");
    words::read_amount(good, text).ok_or_else(|| words::no_amount("amount", text))
}

/// The lot that a form names, with its good.
async fn lot(seat: &Seat, form: &FormData) -> Result<(UnitId, Good), Fault> {
    let id = words::unit(form.text("lot"), supply::LOT)?;
    let mut db = seat.db().await?;
    let lot = views::lots(&mut db, &[id]).await?.pop();
    let lot = lot.ok_or_else(|| Refusal::new("lot-unknown").with("lot", id))?;
    Ok((id, lot.good))
}

async fn staff(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let found = people::find(&seat, of.area, form.text("person"), Purpose::Support).await?;
    let person = or_page!(seat, of, found).person;
    let works = form.text("works") == "1";
    let command = Command::PutStaff { site: of.code.clone(), person, works };
    done(&seat, &of, &form, command).await
}

async fn take_in(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let good = Good::parse(form.text("good")).unwrap_or(Good::Vegetables);
    let amount = or_page!(seat, of, amount(good, &form));
    let expires_at = or_page!(seat, of, parse_local(form.text("expires"), seat.app().zone()));
    let command = Command::TakeIn(TakeIn {
        site: of.code.clone(),
        good,
        amount,
        origin: Origin::parse(form.text("origin")).unwrap_or(Origin::Bought),
        from: form.text("from").to_owned(),
        what: form.text("what").to_owned(),
        halal: form.ticked("halal"),
        expires_at,
    });
    done(&seat, &of, &form, command).await
}

async fn send(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let (lot, good) = lot(&seat, &form).await?;
    let amount = or_page!(seat, of, amount(good, &form));
    let to = or_page!(seat, of, HolderCode::parse(form.text("to")));
    let carrier = or_page!(seat, of, HolderCode::parse(form.text("carrier")));
    let due = or_page!(seat, of, parse_local(form.text("due"), seat.app().zone()));
    let lines = vec![Line { lot, amount }];
    let command = Command::Send(Send { from: of.code.clone(), to, lines, carrier, due });
    done(&seat, &of, &form, command).await
}

async fn count(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let (lot, good) = lot(&seat, &form).await?;
    let found = or_page!(seat, of, amount(good, &form));
    let note = form.text("note").to_owned();
    done(&seat, &of, &form, Command::Count { site: of.code.clone(), lot, found, note }).await
}

async fn spoil(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let (lot, good) = lot(&seat, &form).await?;
    let amount = or_page!(seat, of, amount(good, &form));
    let why = LossWhy::parse(form.text("why")).unwrap_or(LossWhy::Spoiled);
    let note = form.text("note").to_owned();
    done(&seat, &of, &form, Command::Spoil { site: of.code.clone(), lot, amount, why, note }).await
}

async fn close(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let command = Command::CloseSite {
        site: of.code.clone(),
        infection: form.ticked("infection"),
        reason: form.text("note").to_owned(),
    };
    done(&seat, &of, &form, command).await
}

async fn reopen(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let reason = form.text("note").to_owned();
    done(&seat, &of, &form, Command::ReopenSite { site: of.code.clone(), reason }).await
}

async fn serves(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let community = or_page!(seat, of, typed::place(&seat, form.text("community")).await?);
    let text = form.text("households");
    let wrong = Refusal::new("malformed-field").with("field", "households").with("text", text);
    let households =
        or_page!(seat, of, text.parse::<i64>().map_err(|_| wrong.with("wanted", "800")));
    let command = Command::AssignShop { community, shop: of.code.clone(), households };
    done(&seat, &of, &form, command).await
}

/// Fen of a price as typed: `3.5`, `3.50`.
pub(super) fn fen(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('¥');
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 2 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = whole.parse().ok().filter(|n| (0..=1_000_000).contains(n))?;
    let rest: i64 = format!("{rest:0<2}").parse().ok()?;
    Some(whole * 100 + rest)
}

/// A line of a shop's list: code, good, name, amount, price, at most.
fn item(line: &str) -> Option<Item> {
    let parts: Vec<&str> = line.split([',', '，', '\t']).map(str::trim).collect();
    let [code, good, name, amount, price, at_most] = parts.as_slice() else { return None };
    let good = Good::parse(good)?;
    Some(Item {
        code: (*code).to_owned(),
        good,
        name_zh: (*name).to_owned(),
        name_en: String::new(),
        amount: words::read_amount(good, amount)?,
        fen: fen(price)?,
        at_most: at_most.parse().ok()?,
        halal: false,
    })
}

async fn prices(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let mut items = Vec::new();
    for (n, line) in form.raw("items").lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        match item(line) {
            Some(item) => items.push(item),
            None => {
                let refusal =
                    Refusal::new("price-line-wrong").with("line", n + 1).with("text", line);
                return site::page(&seat, &of, Some(&refusal)).await;
            }
        }
    }
    done(&seat, &of, &form, Command::PutPrices { shop: of.code.clone(), items }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_list_is_read_or_is_none() {
        let read = item("V1, vegetables, 白菜, 5, 35.50, 2").expect("an item");
        assert_eq!((read.amount, read.fen, read.at_most), (5_000, 3_550, 2));
        assert_eq!(item("V1，vegetables，白菜，5，3.5，2").map(|item| item.fen), Some(350));
        for wrong in ["", "V1, cabbage, x, 1, 1, 1", "V1, oil, x, 1, 1.234, 1", "V1, oil, x, 1, 1"]
        {
            assert_eq!(item(wrong), None, "{wrong}");
        }
    }
}
