//! Who may do what, where. Deny by default; pure, so that tests can walk the whole table.
//!
//! An [`Actor`] has roles, each within an [`AreaScope`]. A route states its [`Policy`], a command
//! its [`Roles`] ([`roles_for`]), and [`can`] says yes or gives the [`Refusal`]. No role includes
//! another: what a commander may see is listed, not inherited.

mod commands;

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, ParseError, Refusal};

use crate::house::Command;

pub use commands::{authorise, roles_for};

/// What an account may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Directs the response; sees every board of the area, opens campaigns.
    Commander,
    /// The district desk: plans rounds, answers for what is stuck.
    District,
    /// A community grid worker: knocks at doors, closes blind spots.
    Grid,
    /// Takes swabs at a site.
    Sampler,
    /// Moves boxes.
    Courier,
    /// Works in a laboratory.
    Laboratory,
    /// Works in a place of care: admits, does the rounds, lets go.
    Ward,
    /// Drives an ambulance or a coach: fetches people and hands them over.
    Crew,
    /// Works at a market, a sorting centre, a shop or a gate: keeps its stock and its list.
    Shop,
    /// Drives goods from a shop to gates, with a pass.
    Driver,
    /// Brings goods from a gate to doors.
    Volunteer,
    /// Reads everything that is not personal, and who looked at what is.
    Auditor,
    /// A household, signed in with its code; sees its own data only.
    Resident,
    /// Keeps accounts; sees no one's data.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 14] = [
        Role::Commander,
        Role::District,
        Role::Grid,
        Role::Sampler,
        Role::Courier,
        Role::Laboratory,
        Role::Ward,
        Role::Crew,
        Role::Shop,
        Role::Driver,
        Role::Volunteer,
        Role::Auditor,
        Role::Resident,
        Role::Admin,
    ];

    /// The word that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Commander => "commander",
            Role::District => "district",
            Role::Grid => "grid",
            Role::Sampler => "sampler",
            Role::Courier => "courier",
            Role::Laboratory => "laboratory",
            Role::Ward => "ward",
            Role::Crew => "crew",
            Role::Shop => "shop",
            Role::Driver => "driver",
            Role::Volunteer => "volunteer",
            Role::Auditor => "auditor",
            Role::Resident => "resident",
            Role::Admin => "admin",
        }
    }

    /// Reads [`Role::as_str`].
    ///
    /// # Errors
    /// [`ParseError`] for any other word.
    pub fn parse(text: &str) -> Result<Role, ParseError> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| ParseError::new("role", text, "a role"))
    }

    /// The key of its name in the texts.
    pub const fn key(self) -> &'static str {
        match self {
            Role::Commander => "role-commander",
            Role::District => "role-district",
            Role::Grid => "role-grid",
            Role::Sampler => "role-sampler",
            Role::Courier => "role-courier",
            Role::Laboratory => "role-laboratory",
            Role::Ward => "role-ward",
            Role::Crew => "role-crew",
            Role::Shop => "role-shop",
            Role::Driver => "role-driver",
            Role::Volunteer => "role-volunteer",
            Role::Auditor => "role-auditor",
            Role::Resident => "role-resident",
            Role::Admin => "role-admin",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u16);

impl Roles {
    /// The set of the given roles.
    pub const fn of<const N: usize>(roles: [Role; N]) -> Roles {
        let mut bits = 0;
        let mut at = 0;
        while at < N {
            bits |= roles[at].bit();
            at += 1;
        }
        Roles(bits)
    }

    /// Whether the role is in the set.
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// The roles of the set, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A role within a scope of areas, and the holder that the account acts for in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What.
    pub role: Role,
    /// Where.
    pub scope: AreaScope,
    /// The site, courier, laboratory or desk, when the role needs one to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderCode>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The login, or `household:<id>` for residents: what the journal records.
    pub user: String,
    /// The name that pages show.
    pub name: String,
    /// What the account may do where. A resident has one grant, for one county.
    pub grants: Vec<Grant>,
    /// The household of a resident.
    pub household: Option<HouseholdId>,
    /// The password was set by somebody else and has to be changed before anything else.
    pub must_change: bool,
}

impl Actor {
    /// The first grant that has one of the roles and covers the scope.
    pub fn grant_for(&self, roles: Roles, scope: AreaScope) -> Option<&Grant> {
        self.grants.iter().find(|g| roles.has(g.role) && g.scope.covers(scope))
    }

    /// Whether any grant, wherever, has one of the roles.
    pub fn has_any(&self, roles: Roles) -> bool {
        self.grants.iter().any(|g| roles.has(g.role))
    }

    /// What the ledger records of the actor when acting under a grant.
    pub fn for_ledger(&self, grant: &Grant) -> ledger::Actor {
        ledger::Actor { user: self.user.clone(), holder: grant.holder.clone() }
    }
}

/// Who may open a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Anyone, signed in or not.
    Public,
    /// Anyone who is signed in: the route shows nothing but the actor's own things.
    SignedIn,
    /// The given roles, within their areas.
    Roles(Roles),
    /// The given roles, or a caller on this machine (monitoring).
    LocalOr(Roles),
}

impl Policy {
    /// The given roles, within their areas.
    pub const fn any_of<const N: usize>(roles: [Role; N]) -> Policy {
        Policy::Roles(Roles::of(roles))
    }

    /// The roles that the policy names; all of them when it names none.
    pub const fn roles(self) -> Roles {
        match self {
            Policy::Public | Policy::SignedIn => Roles::of(Role::ALL),
            Policy::Roles(roles) | Policy::LocalOr(roles) => roles,
        }
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Open a page or call the API.
    Open(Policy),
    /// Send a command.
    Send(&'a Command),
    /// Create an account, or change one so that it has these grants.
    Give(&'a [Grant]),
}

/// What it is to be done to.
#[derive(Clone, Copy, Debug)]
pub enum Resource {
    /// Nothing in particular: the actor's own things, or a first page.
    Own,
    /// One county.
    Area(AreaCode),
    /// All counties of a scope.
    Scope(AreaScope),
    /// One household.
    Household(AreaCode, HouseholdId),
}

/// Whether the actor may do it.
///
/// # Errors
/// `sign-in-needed` for nobody, `not-allowed` when no role of the actor may, `not-your-area`
/// when a role may, but not there.
pub fn can(actor: Option<&Actor>, action: Action<'_>, resource: Resource) -> Result<(), Refusal> {
    let roles = match action {
        Action::Open(Policy::Public) => return Ok(()),
        Action::Open(Policy::SignedIn) => {
            return match actor {
                None => Err(Refusal::new("sign-in-needed")),
                Some(_) => Ok(()),
            };
        }
        Action::Open(Policy::Roles(roles) | Policy::LocalOr(roles)) => roles,
        Action::Send(command) => roles_for(command),
        Action::Give(grants) => return give(actor, grants),
    };
    let actor = actor.ok_or_else(|| Refusal::new("sign-in-needed"))?;
    if !actor.has_any(roles) {
        return Err(Refusal::new("not-allowed"));
    }
    match resource {
        Resource::Own => Ok(()),
        Resource::Area(area) => within(actor, roles, AreaScope::one(area)),
        Resource::Scope(scope) => within(actor, roles, scope),
        Resource::Household(area, household) => {
            within(actor, roles, AreaScope::one(area))?;
            let staff = actor
                .grants
                .iter()
                .any(|g| g.role != Role::Resident && roles.has(g.role) && g.scope.contains(area));
            if staff || actor.household == Some(household) {
                Ok(())
            } else {
                Err(Refusal::new("not-your-household"))
            }
        }
    }
}

fn within(actor: &Actor, roles: Roles, scope: AreaScope) -> Result<(), Refusal> {
    match actor.grant_for(roles, scope) {
        Some(_) => Ok(()),
        None => Err(Refusal::new("not-your-area").with("area", area_text(scope))),
    }
}

/// An admin gives only roles within the scope of their own admin grant.
fn give(actor: Option<&Actor>, grants: &[Grant]) -> Result<(), Refusal> {
    const ADMIN: Roles = Roles::of([Role::Admin]);
    let actor = actor.ok_or_else(|| Refusal::new("sign-in-needed"))?;
    if !actor.has_any(ADMIN) {
        return Err(Refusal::new("not-allowed"));
    }
    for grant in grants {
        if grant.role == Role::Resident {
            return Err(Refusal::new("resident-needs-code"));
        }
        within(actor, ADMIN, grant.scope)?;
    }
    Ok(())
}

fn area_text(scope: AreaScope) -> String {
    match scope.to_string() {
        text if text.is_empty() => "*".to_owned(),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> AreaScope {
        AreaScope::parse(text).expect("a scope")
    }

    fn area(n: u32) -> AreaCode {
        AreaCode::new(n).expect("six digits")
    }

    fn actor(role: Role, at: &str) -> Actor {
        Actor {
            user: "x".into(),
            name: "X".into(),
            grants: vec![Grant { role, scope: scope(at), holder: None }],
            household: None,
            must_change: false,
        }
    }

    fn code(result: Result<(), Refusal>) -> String {
        result.map_or_else(|refusal| refusal.code.into_owned(), |()| "ok".into())
    }

    #[test]
    fn a_policy_lets_in_exactly_its_roles_within_their_areas() {
        let policy = Policy::any_of([Role::Commander, Role::Auditor]);
        for role in Role::ALL {
            let actor = actor(role, "2202");
            let inside = can(Some(&actor), Action::Open(policy), Resource::Area(area(220_202)));
            let outside = can(Some(&actor), Action::Open(policy), Resource::Area(area(220_102)));
            let wider = can(Some(&actor), Action::Open(policy), Resource::Scope(scope("22")));
            if policy.roles().has(role) {
                assert_eq!(code(inside), "ok");
                assert_eq!(code(outside), "not-your-area");
                assert_eq!(code(wider), "not-your-area");
            } else {
                assert_eq!(code(inside), "not-allowed");
                assert_eq!(code(outside), "not-allowed");
            }
        }
        assert_eq!(code(can(None, Action::Open(policy), Resource::Own)), "sign-in-needed");
        assert_eq!(code(can(None, Action::Open(Policy::Public), Resource::Own)), "ok");
        let signed_in = Action::Open(Policy::SignedIn);
        assert_eq!(code(can(None, signed_in, Resource::Own)), "sign-in-needed");
    }

    #[test]
    fn a_resident_reaches_their_own_household_only() {
        let own = HouseholdId::from_bytes([1; 16]);
        let other = HouseholdId::from_bytes([2; 16]);
        let resident = Actor { household: Some(own), ..actor(Role::Resident, "220202") };
        let open = Action::Open(Policy::any_of([Role::Resident, Role::Grid]));
        let at = area(220_202);
        assert_eq!(code(can(Some(&resident), open, Resource::Household(at, own))), "ok");
        assert_eq!(
            code(can(Some(&resident), open, Resource::Household(at, other))),
            "not-your-household"
        );
        let grid = actor(Role::Grid, "220202");
        assert_eq!(code(can(Some(&grid), open, Resource::Household(at, other))), "ok");
        let away = area(220_203);
        assert_eq!(code(can(Some(&grid), open, Resource::Household(away, other))), "not-your-area");
    }

    #[test]
    fn an_admin_gives_roles_within_their_scope_only() {
        let admin = actor(Role::Admin, "2202");
        let grant = |role, at: &str| Grant { role, scope: scope(at), holder: None };
        let give = |grants: &[Grant]| code(can(Some(&admin), Action::Give(grants), Resource::Own));
        assert_eq!(give(&[grant(Role::District, "220202"), grant(Role::Admin, "2202")]), "ok");
        assert_eq!(give(&[grant(Role::District, "22")]), "not-your-area");
        assert_eq!(give(&[grant(Role::District, "")]), "not-your-area");
        assert_eq!(give(&[grant(Role::Resident, "220202")]), "resident-needs-code");
        let commander = actor(Role::Commander, "");
        assert_eq!(code(can(Some(&commander), Action::Give(&[]), Resource::Own)), "not-allowed");
    }

    #[test]
    fn roles_read_what_they_write() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
        }
        assert!(Role::parse("root").is_err());
    }
}
