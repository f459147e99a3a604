//! For whom an account may work with a phone: `GET /api/v1/field/holders`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use registry::views::HolderLine;
use serde::Serialize;
use store::Connection;
use types::{HolderCode, Refusal};
use utoipa::ToSchema;

use crate::Fault;
use crate::access::{Actor, Grant, Role};
use crate::api::json;
use crate::field::FIELD;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::shell::Both;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/field/holders", FIELD, holders);
}

/// Most holders in one answer; somebody with a wider scope is given a holder of their own.
const MOST: usize = 2_000;

/// A holder on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Holder)]
pub struct HolderOut {
    /// For example `site:220202-S012`.
    #[schema(value_type = String)]
    code: HolderCode,
    /// Its name.
    name: Both,
}

impl HolderOut {
    /// A holder by its row.
    pub fn of(line: &HolderLine) -> HolderOut {
        let name = Both { zh: line.name_zh.clone(), en: line.name_en.clone() };
        HolderOut { code: line.code.clone(), name }
    }
}

/// Holders that an account may work for.
#[derive(Serialize, ToSchema)]
pub struct Holders {
    /// Each once.
    holders: Vec<HolderOut>,
}

/// The kinds of holders that a role works for.
fn kinds(role: Role) -> &'static [&'static str] {
    match role {
        Role::Sampler => &["site"],
        Role::Courier => &["courier"],
        Role::Laboratory => &["lab"],
        Role::Grid => &["grid"],
        Role::Ward => &["ward"],
        Role::Crew => &["vehicle"],
        Role::Shop => &["market", "sorting", "shop", "gate"],
        Role::Driver => &["vehicle"],
        Role::Volunteer => &["volunteer"],
        // The desk stands in for whoever is missing.
        Role::District => &["site", "courier", "lab", "grid"],
        Role::Commander | Role::Auditor | Role::Resident | Role::Admin => &[],
    }
}

/// Whether a grant lets somebody work for a holder. Pure.
fn covers(grant: &Grant, line: &HolderLine) -> bool {
    line.active
        && grant.scope.contains(line.area)
        && kinds(grant.role).contains(&line.code.kind())
        && grant.holder.as_ref().is_none_or(|own| *own == line.code)
}

/// The holder by its code, if the actor may work for it.
///
/// # Errors
/// `not-your-holder`, or a fault of the store.
pub async fn of_actor(
    db: &mut Connection,
    actor: &Actor,
    code: &HolderCode,
) -> Result<HolderLine, Fault> {
    let mut found = registry::views::holders_by_code(db, std::slice::from_ref(code))
        .await
        .map_err(Fault::internal)?;
    found
        .remove(code)
        .filter(|line| actor.grants.iter().any(|grant| covers(grant, line)))
        .ok_or_else(|| Refusal::new("not-your-holder").with("holder", code).into())
}

/// The holder that the query names.
///
/// # Errors
/// `malformed-field` when there is none, and as [`of_actor`].
pub async fn of_query(db: &mut Connection, seat: &Seat) -> Result<HolderLine, Fault> {
    let code = HolderCode::parse(&seat.param("holder").unwrap_or_default())?;
    of_actor(db, seat.actor()?, &code).await
}

async fn holders(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let actor = seat.actor()?;
    let mut found: BTreeMap<HolderCode, HolderLine> = BTreeMap::new();
    for grant in &actor.grants {
        let kinds = kinds(grant.role);
        if kinds.is_empty() {
            continue;
        }
        let lines = match &grant.holder {
            Some(own) => registry::views::holders_by_code(&mut db, std::slice::from_ref(own))
                .await
                .map(|lines| lines.into_values().collect()),
            None => {
                let kind = if let [only] = kinds { only } else { "" };
                registry::views::holders(&mut db, grant.scope, kind).await
            }
        };
        let lines: Vec<HolderLine> = lines.map_err(Fault::internal)?;
        let own = lines.into_iter().filter(|line| covers(grant, line));
        found.extend(own.map(|line| (line.code.clone(), line)));
    }
    let holders = found.values().take(MOST).map(HolderOut::of).collect();
    json(StatusCode::OK, &Holders { holders })
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{AreaCode, AreaScope};

    fn line(code: &str, area: u32, active: bool) -> HolderLine {
        HolderLine {
            area: AreaCode::new(area).expect("six digits"),
            code: HolderCode::parse(code).expect("a holder"),
            name_zh: String::new(),
            name_en: String::new(),
            place: None,
            position: None,
            active,
        }
    }

    fn grant(role: Role, scope: &str, holder: Option<&str>) -> Grant {
        Grant {
            role,
            scope: AreaScope::parse(scope).expect("a scope"),
            holder: holder.map(|h| HolderCode::parse(h).expect("a holder")),
        }
    }

    #[test]
    fn an_account_works_for_its_holder_or_for_those_of_its_kind_and_area() {
        let site = line("site:S1", 220_202, true);
        assert!(covers(&grant(Role::Sampler, "220202", Some("site:S1")), &site));
        assert!(!covers(&grant(Role::Sampler, "220202", Some("site:S2")), &site));
        assert!(covers(&grant(Role::Sampler, "2202", None), &site));
        assert!(!covers(&grant(Role::Sampler, "220102", None), &site));
        assert!(!covers(&grant(Role::Courier, "2202", None), &site));
        assert!(covers(&grant(Role::District, "220202", None), &site));
        assert!(!covers(&grant(Role::Auditor, "220202", None), &site));
        assert!(!covers(&grant(Role::Sampler, "2202", None), &line("site:S1", 220_202, false)));
    }
}
