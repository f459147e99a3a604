//! What of the cases waits for a role, on the first page. Every figure opens its list.

use cases::views::{self, Window};
use cases::{Measure, Standing};
use futures::future::BoxFuture;
use types::{AreaScope, Span};

use crate::Fault;
use crate::access::{Grant, Role};
use crate::i18n::number;
use crate::routes::Routes;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{Figure, Tone};
use crate::ui::time::{Local, parse_local};

/// The figures of this module.
pub fn register(routes: &mut Routes) {
    routes.waiting([Role::Commander, Role::District, Role::Auditor], what_waits);
}

fn what_waits<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let scope = grant.scope;
        let mut db = seat.db().await?;
        let standing = views::standing(&mut db, scope).await?;
        let of = |what: Standing| standing.get(&what).copied().unwrap_or(0);
        let mut figures = vec![today(seat, scope, &mut db).await?];
        let mut told = vec![
            (Standing::Severe, "&severity=severe", Tone::Bad),
            (Standing::Critical, "&severity=critical", Tone::Bad),
        ];
        if grant.role == Role::District {
            // First what is to be done, then what is to be known.
            told.insert(0, (Standing::ToReport, "&unreported=1", Tone::Warning));
            told.insert(1, (Standing::Unexamined, "&class=screen_positive", Tone::Warning));
        }
        for (what, query, tone) in told.into_iter().filter(|(what, ..)| of(*what) > 0) {
            let href = format!("/cases?area={scope}&status=open{query}");
            figures.push(figure(seat, what, of(what), href, tone));
        }
        if grant.role == Role::District && of(Standing::Pairs) > 0 {
            let href = format!("/cases/duplicates?area={scope}");
            figures.push(figure(seat, Standing::Pairs, of(Standing::Pairs), href, Tone::Info));
        }
        Ok(figures)
    })
}

fn figure(seat: &Seat, what: Standing, n: i64, href: String, tone: Tone) -> Figure {
    let key = format!("case-home-{}", what.as_str().replace('_', "-"));
    Figure {
        label: seat.text(&key),
        value: number(n),
        href: Some(href),
        detail: seat.text_if(&format!("{key}-hint")),
        tone,
    }
}

/// The infections of the day so far, of which those that were found among the people outside.
async fn today(seat: &Seat, scope: AreaScope, db: &mut store::Connection) -> Result<Figure, Fault> {
    let zone = seat.app().zone();
    let now = Local::new(seat.now(), zone);
    let day = now.day();
    let from = parse_local(&format!("{day}T00:00"), zone)?;
    let window = Window { scope, from, until: from + Span::days(1), as_of: None };
    let figures = views::figures(db, &window).await?;
    let outside = figures.found(Measure::Infections, Some(cases::FoundIn::Community));
    Ok(Figure {
        label: t!(seat, "case-home-today"),
        value: number(figures.total(Measure::Infections)),
        href: Some(format!("/cases/counts/list?measure=infections&day={day}&area={scope}")),
        detail: Some(t!(seat, "case-home-outside", n = number(outside))),
        tone: if outside > 0 { Tone::Warning } else { Tone::Plain },
    })
}
