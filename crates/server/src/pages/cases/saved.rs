//! Filters that somebody keeps under a name: their own, in the server's tables and not in the
//! journal, since they say nothing about anybody.

use ledger::{Operation, Priority};
use maud::{Markup, html};
use types::Refusal;

use super::{READERS, list};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::tables::{CASE_VIEW_DROP, CASE_VIEW_PUT, CASE_VIEWS};
use crate::ui::form::{Field, Form, FormData};
use crate::{Fault, t};

/// Most that one account keeps.
const MOST: usize = 50;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/cases/views", READERS, save);
    routes.post("/cases/views/drop", READERS, forget);
}

async fn kept(seat: &Seat) -> Result<Vec<(String, String)>, Fault> {
    let mut db = seat.db().await?;
    let rows = db.query(&CASE_VIEWS, &[seat.actor()?.user.as_str().into()]).await?;
    let read = |row: &store::Row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// The kept filters as links, and a form that keeps the one in view.
pub async fn bar(seat: &Seat) -> Result<Markup, Fault> {
    let kept = kept(seat).await?;
    let query = list::query(seat);
    let here = query.trim_start_matches('?').to_owned();
    let known = kept.iter().find(|(_, query)| *query == here);
    Ok(html! {
        @if !kept.is_empty() {
            nav .tabs aria-label=(t!(seat, "case-views")) {
                ul {
                    @for (name, query) in &kept {
                        li {
                            a href={ "/cases?" (query) } aria-current=[(*query == here).then_some("page")] { (name) }
                        }
                    }
                }
            }
        }
        @match known {
            Some((name, _)) => (Form::new(seat, "/cases/views/drop")
                .hidden("name", name)
                .hidden("query", &here)
                .button(&t!(seat, "case-view-drop"))),
            None if !here.is_empty() => details .disclosure {
                summary { (t!(seat, "case-view-save")) }
                (Form::new(seat, "/cases/views")
                    .hidden("query", &here)
                    .field(Field::text("name", t!(seat, "case-view-name")).short())
                    .button(&t!(seat, "save")))
            },
            None => {}
        }
    })
}

/// A query of the line list and nothing else.
fn checked(query: &str) -> Result<String, Refusal> {
    let known = |name: &str| list::PARAMETERS.contains(&name) || matches!(name, "until" | "area");
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if pairs.is_empty() || query.len() > 500 || !pairs.iter().all(|(name, _)| known(name)) {
        return Err(Refusal::new("malformed-request"));
    }
    Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

async fn save(seat: Seat, form: FormData) -> Answer {
    let query = checked(form.text("query"))?;
    let name: String = form.text("name").chars().filter(|c| !c.is_control()).take(40).collect();
    if name.is_empty() {
        return Err(Refusal::new("view-name-missing").into());
    }
    if kept(&seat).await?.len() >= MOST {
        return Err(Refusal::new("too-many-views").with("limit", MOST).into());
    }
    let login = seat.actor()?.user.as_str().into();
    let row = vec![login, name.into(), query.as_str().into()];
    seat.app()
        .engine()
        .operate(Priority::Normal, vec![Operation::Insert(&CASE_VIEW_PUT, row)])
        .await?;
    Ok(seat.go(&format!("/cases?{query}")))
}

async fn forget(seat: Seat, form: FormData) -> Answer {
    let login = seat.actor()?.user.as_str().into();
    let params = vec![login, form.text("name").into()];
    let drop = Operation::Execute(&CASE_VIEW_DROP, params);
    seat.app().engine().operate(Priority::Normal, vec![drop]).await?;
    let query = checked(form.text("query"))?;
    Ok(seat.go(&format!("/cases?{query}")))
}
