//! The accounts of the demo: one of each role, with a password that everybody knows.

use anyhow::Result;
use server::App;
use server::access::{Grant, Role};
use server::accounts::{self, NewAccount};
use server::pages::guide::Guide;
use types::{AreaScope, HolderCode};

use super::Demo;
use super::places::household_of;
use crate::data::told;
use crate::screen;

/// The password of every account of the demo. It is no secret: a demo city has none.
pub const PASSWORD: &str = "songhua-demo";

/// An account of the demo.
#[derive(Clone, Debug)]
pub struct Persona {
    /// How it signs in.
    pub login: String,
    /// Its role.
    pub role: Role,
    /// Where it acts.
    pub scope: AreaScope,
    /// For whom it acts.
    pub holder: Option<HolderCode>,
    /// The name that pages show.
    pub name: String,
}

/// The accounts that a visitor signs in with: one of each role.
pub fn personas(demo: &Demo) -> Vec<Persona> {
    let town = &demo.town;
    let everywhere = demo.record.areas;
    let here = AreaScope::one(town.stage());
    let parse = |text: String| HolderCode::parse(&text).ok();
    let community = demo
        .campaign
        .blind
        .as_ref()
        .and_then(|code| code.as_str().split('-').next().map(str::to_owned));
    let site = town.sites.first();
    let courier = site.and_then(|s| town.couriers.get(s.courier));
    let staff = town.city.staff();
    let named = |role: Role, holder: Option<&HolderCode>| {
        let member =
            staff.iter().find(|a| a.role.word() == role.as_str() && a.holder.as_ref() == holder);
        member.map_or_else(|| role.as_str().to_owned(), |a| a.name.clone())
    };
    let persona = |role: Role, scope: AreaScope, holder: Option<HolderCode>| Persona {
        login: role.as_str().to_owned(),
        role,
        scope,
        name: named(role, holder.as_ref()),
        holder,
    };
    vec![
        persona(Role::Commander, everywhere, None),
        persona(Role::District, here, parse(format!("desk:{}", town.stage()))),
        persona(Role::Grid, here, community.and_then(|c| parse(format!("grid:{c}")))),
        persona(Role::Sampler, here, site.map(|s| s.holder.clone())),
        persona(Role::Courier, here, courier.map(|c| c.holder.clone())),
        persona(Role::Laboratory, everywhere, town.main_lab().map(|l| l.holder.clone())),
        persona(Role::Ward, everywhere, parse(super::hospitals::SHELTER.to_owned())),
        persona(Role::Crew, everywhere, parse(super::garage::AMBULANCE.to_owned())),
        persona(Role::Shop, here, parse(super::pantry::SHOP.to_owned())),
        persona(Role::Driver, here, parse(super::pantry::VEHICLE.to_owned())),
        persona(Role::Volunteer, here, parse(super::pantry::VOLUNTEER.to_owned())),
        persona(Role::Auditor, everywhere, None),
        persona(Role::Admin, everywhere, None),
    ]
}

/// Makes an account unless it is there.
pub(crate) async fn ensure(app: &App, persona: &Persona, password: &str) -> Result<()> {
    let mut db = app.store().reader().await?;
    if accounts::find(&mut db, &persona.login).await.map_err(told)?.is_some() {
        return Ok(());
    }
    let grant = Grant { role: persona.role, scope: persona.scope, holder: persona.holder.clone() };
    let new = NewAccount {
        login: persona.login.clone(),
        name: persona.name.clone(),
        password: password.to_owned(),
        must_change: false,
        grants: vec![grant],
    };
    app.put_account("demo", new).await.map_err(told)
}

/// Makes the accounts that are not there yet.
///
/// # Errors
/// When the store fails.
pub async fn make(app: &App, demo: &Demo) -> Result<()> {
    for persona in personas(demo) {
        ensure(app, &persona, PASSWORD).await?;
    }
    Ok(())
}

/// Persons that are asked for a tube before the guide does without one.
const ASKED: usize = 200;

/// Lets the guide follow a tube whose results are out: one of the household that a visitor can sign
/// in as, if it has one.
///
/// # Errors
/// When the store fails.
pub async fn guide(app: &App, demo: &Demo) -> Result<()> {
    let town = &demo.town;
    let resident = demo.campaign.waiting.and_then(|p| Some((household_of(town, p)?.0, p)));
    let stage = town.stage();
    let others = town
        .homes
        .iter()
        .filter(|h| h.area == stage)
        .flat_map(|h| h.persons.iter().map(|person| (h.area, *person)));
    let mut db = app.store().reader().await?;
    for (area, person) in resident.into_iter().chain(others).take(ASKED) {
        let results = testing::views::of_person(&mut db, area, person).await?;
        let told = results
            .iter()
            .find(|r| r.state == testing::views::ResultState::Negative && r.shared_by > 1);
        if let Some(result) = told {
            app.set_guide(Guide {
                tube: result.tube,
                logins: personas(demo).into_iter().map(|p| (p.role, p.login)).collect(),
                password: PASSWORD.to_owned(),
                household_code: resident.map(|_| demo.record.household_code()),
            });
            return Ok(());
        }
    }
    Ok(())
}

/// Who can sign in, as a table: the accounts, and a household by its code and county.
pub fn table(personas: &[Persona], household: Option<(&str, &str)>) -> String {
    let mut rows =
        vec![["role", "sign in as", "password", "areas", "acts for"].map(String::from).to_vec()];
    for persona in personas {
        rows.push(vec![
            persona.role.to_string(),
            persona.login.clone(),
            PASSWORD.to_owned(),
            persona.scope.to_string(),
            persona.holder.as_ref().map_or_else(String::new, |h| h.as_str().to_owned()),
        ]);
    }
    if let Some((code, county)) = household {
        let all = "(the household's code is all)";
        rows.push(["resident", code, all, county, ""].map(String::from).to_vec());
    }
    screen::table(&rows)
}

/// What to tell a visitor: where to go and as whom.
pub fn welcome(demo: &Demo, address: &str) -> String {
    let code = demo.record.household_code();
    let county = demo.town.stage().to_string();
    let household = demo.campaign.waiting.map(|_| (code.as_str(), county.as_str()));
    format!(
        "\n{}\n{}\nEverybody here is made up: {} people, two rounds done, the third under way.\n",
        addresses(address, &[("guide", "/guide")]),
        table(&personas(demo), household),
        demo.town.city.people()
    )
}

/// Where a visitor can go.
pub fn addresses(address: &str, more: &[(&str, &str)]) -> String {
    let known = [("pages", "/"), ("field app", "/field/"), ("API", "/api/v1/openapi.json")];
    let mut places = vec![vec!["what".to_owned(), "where".to_owned()]];
    let all = more.iter().chain(&known);
    places.extend(all.map(|(what, path)| vec![(*what).to_owned(), format!("{address}{path}")]));
    screen::table(&places)
}
