//! Zones and sweeps of the demo: made up. A compound behind locked doors, one under control, and two sweeps: one
//! that is over, and one that goes on with a door that no list has.

use std::collections::BTreeMap;

use ledger::Envelope;
use types::{AreaCode, HouseholdId, Micros, PlaceCode, Span, UnitId};
use zones::sweep::Door;
use zones::{Command, Draft, Knock, Level, Make, NewZone, stray_id, sweep_id};

use super::ids;
use super::town::{Town, actor};

/// Most households of a sweep of the demo.
const MOST: usize = 60;

/// Of whom the demo tells: the county's desk and its grid workers.
struct Teller<'a> {
    town: &'a Town,
    area: AreaCode,
    told: Vec<Envelope<desks::Command>>,
}

impl Teller<'_> {
    /// A command that happened so many minutes before the demo begins; gives its id.
    fn say(&mut self, minutes: i64, who: &str, command: Command) -> types::CommandId {
        let at = Micros(self.town.base.0 - Span::minutes(minutes).0);
        let id = ids::command(self.town.seed, command.kind(), self.told.len() as u64, at);
        self.told.push(Envelope {
            id,
            area: self.area,
            event_time: at,
            clock_offset: Span(0),
            device: None,
            actor: actor(who, None),
            command: command.into(),
        });
        id
    }

    fn sweep(&mut self, minutes: i64, place: &PlaceCode, hours: i64) -> UnitId {
        let due = self.town.base + Span::hours(hours);
        let note = "逐户摸排通知".to_owned();
        let command = Command::OpenSweep { place: place.clone(), due: Some(due), note };
        let id = self.say(minutes, "district", command);
        sweep_id(self.area, id)
    }

    fn knock(&mut self, minutes: i64, sweep: UnitId, household: HouseholdId, outcome: Door) {
        let seen = u32::from(outcome == Door::Found);
        let knock = Knock { sweep, household, outcome, seen, strangers: 0, note: String::new() };
        self.say(minutes, "grid", Command::Knock(knock));
    }
}

/// The zones desk's commands. What the demo's people themselves have to do with is left as it is: the community
/// of the grid worker, and that of the household whose code is printed.
pub fn commands(town: &Town, apart: &[String]) -> Vec<Envelope<desks::Command>> {
    let mut teller = Teller { town, area: town.stage(), told: Vec::new() };
    tell(&mut teller, apart);
    teller.told
}

fn tell(teller: &mut Teller<'_>, apart: &[String]) -> Option<()> {
    let stage = teller.area.to_string();
    let mut compounds: BTreeMap<PlaceCode, Vec<HouseholdId>> = BTreeMap::new();
    for household in teller.town.city.households() {
        let place: PlaceCode = household.dwelling.code();
        let compound = registry::place::compound_of(&place);
        let level = registry::place::Level::of(&compound);
        let elsewhere = !place.as_str().starts_with(&stage)
            || apart.iter().any(|community| place.as_str().starts_with(community));
        if elsewhere || level != Some(registry::place::Level::Compound) {
            continue;
        }
        let door = household.dwelling.door().to_string();
        // Nobody knocks where nobody lives.
        if household.into_members().next().is_none() {
            continue;
        }
        compounds.entry(compound).or_default().push(registry::ids::household(&place, &door));
    }
    // The last of the county: what people open first is elsewhere.
    let mut last = compounds.into_iter().rev().filter(|(_, homes)| homes.len() >= 3);
    let (locked, _) = last.next()?;
    let (controlled, _) = last.next()?;
    let mut small = last.filter(|(_, homes)| homes.len() <= MOST);
    let (swept, homes) = small.next()?;
    let (sweeping, doors) = small.next()?;
    let duties = Draft {
        until: Some(teller.town.base + Span::days(12)),
        supply: "便民保供超市每三天送蔬菜包到单元门口，药品当天代买".into(),
        urgent: "社区24小时急救协调 0432-6000199".into(),
        basis: "市疫情防控指挥部通告（演示）".into(),
    };
    let zone =
        |place: PlaceCode, level| NewZone { place, level, proposed: None, evidence: Vec::new() };
    let zones = vec![zone(locked, Level::Locked), zone(controlled, Level::Controlled)];
    let reason = "环境样本阳性，流调尚未结束（演示）".to_owned();
    teller.say(30 * 60, "district", Command::Make(Make { zones, duties, reason }));
    let over = teller.sweep(28 * 60, &swept, -4);
    for (n, household) in homes.into_iter().enumerate() {
        let outcome = if n == 1 { Door::Absent } else { Door::Found };
        teller.knock(26 * 60 - n as i64 % 120, over, household, outcome);
    }
    let stray = Command::Stray {
        sweep: over,
        place: swept.clone(),
        door: "门卫室".into(),
        persons: 1,
        note: String::new(),
    };
    let stray = stray_id(over, teller.say(25 * 60, "grid", stray));
    let note = "值班门卫，已登记并采样".to_owned();
    teller.say(24 * 60, "district", Command::SettleStray { stray, note });
    let note = "一户外地未归，已电话核实".to_owned();
    teller.say(23 * 60, "district", Command::CloseSweep { sweep: over, note });
    let open = teller.sweep(5 * 60, &sweeping, 20);
    let outcomes = [Door::Found, Door::Found, Door::Absent, Door::Found, Door::Refused];
    for (n, household) in doors.iter().enumerate() {
        if n % 3 == 2 || n == doors.len() - 1 {
            continue;
        }
        teller.knock(4 * 60 - n as i64, open, *household, outcomes[n % outcomes.len()]);
    }
    let stray = Command::Stray {
        sweep: open,
        place: sweeping,
        door: "车库改建的工人宿舍".into(),
        persons: 6,
        note: "不在名单内".into(),
    };
    teller.say(3 * 60, "grid", stray);
    Some(())
}
