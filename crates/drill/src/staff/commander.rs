//! The command post and the district desks: they plan the rounds, read what is not negative, and
//! say who stays at home and who goes to a ward.

use std::collections::BTreeMap;

use testing::{Command, Exempt, Resolve, SetCapacity};
use types::{AreaCode, CommandId, HolderCode, Micros, PlaceCode, Span, UnitId};

use crate::posts::Task;
use crate::reading::PlannedSite;
use crate::run::Drill;
use crate::score::chronicle::{Hold, Round};
use crate::staff::sampler::together;
use crate::{DrillError, Result, ids};

/// A time as a form takes it, in the zone of the scenario (UTC+8, without summer time).
fn local(at: Micros) -> String {
    let shifted = (at + Span::hours(8)).rfc3339();
    shifted.get(..16).unwrap_or(&shifted).to_owned()
}

/// The value of a field of a form.
fn field(html: &str, name: &str) -> Option<String> {
    let from = html.find(&format!("name=\"{name}\" value=\""))?;
    let rest = &html[from..];
    let value = rest.split("value=\"").nth(1)?;
    Some(value.split('"').next()?.to_owned())
}

/// How the list of findings calls two fillings under one code.
const FILLED_TWICE: &str = "code used twice";

/// The claims that the form of a finding offers, in order of time.
fn claims(html: &str) -> Vec<(CommandId, u32)> {
    let offers = html.split("name=\"void\"").skip(1);
    let values = offers.filter_map(|rest| rest.split("value=\"").nth(1)?.split('"').next());
    values
        .filter_map(|value| value.rsplit_once('.'))
        .filter_map(|(command, n)| Some((CommandId::parse(command).ok()?, n.parse().ok()?)))
        .collect()
}

const PEOPLE: [&str; 5] = ["population", "samplers", "couriers", "vehicles", "reserve"];

impl Drill {
    /// Registers who holds units, and what laboratories can do, as the command post.
    pub(crate) async fn set_up(&mut self) -> Result<()> {
        use registry::command::{HolderDetails, PutHolders};
        use registry::geometry::Degrees;
        let commander = self.device("commander")?;
        let mut by_area: BTreeMap<AreaCode, Vec<HolderDetails>> = BTreeMap::new();
        for h in self.town.city.holders() {
            let [lon, lat] = h.at.map(|d| Degrees::new(d).ok());
            // A laboratory may stand in a county that the drill leaves out: its record belongs
            // to the first county then.
            let inside = self.town.areas.contains(&h.area);
            let area = match (inside, self.town.areas.first()) {
                (false, Some(first)) => *first,
                _ => h.area,
            };
            by_area.entry(area).or_default().push(HolderDetails {
                code: h.code,
                name_zh: h.name,
                name_en: h.name_en,
                place: inside.then_some(h.place),
                lon,
                lat,
                active: true,
            });
        }
        for (area, holders) in by_area {
            for some in holders.chunks(500) {
                let put = registry::Command::PutHolders(PutHolders { holders: some.to_vec() });
                self.devices[commander].note(self.now, area, put);
            }
        }
        for lab in self.town.labs.clone() {
            let area = self.area_for_lab(&lab.holder);
            let set = SetCapacity {
                lab: lab.holder,
                claimed: lab.capacity[0],
                staffed: lab.capacity[1],
                from: self.now,
                source: "演练：按人口折算的情景数据 / drill: the scenario's figures, scaled to its people".into(),
            };
            self.devices[commander].note(self.now, area, Command::SetCapacity(set));
        }
        self.enter_vehicles(commander);
        self.flush(commander).await?;
        self.set_up_supply().await?;
        match self.chronicle.refused.keys().next() {
            Some(code) => Err(DrillError::Config(format!("setting up was refused: {code}"))),
            None => Ok(()),
        }
    }

    /// Ambulances and minibuses, which stand at the hospitals when they are not out.
    fn enter_vehicles(&mut self, commander: usize) {
        for vehicle in self.town.vehicles.clone() {
            let (kind, seats, stretchers) = match vehicle.lying {
                true => (transfers::Kind::Negative, 3, 1),
                false => (transfers::Kind::Minibus, 12, 0),
            };
            let base = transfers::Spot { at: vehicle.at, ..transfers::Spot::of(vehicle.area) };
            let put = transfers::PutVehicle {
                plate: format!("演练 {}", vehicle.holder.code()),
                code: vehicle.holder,
                kind,
                seats,
                stretchers,
                carries: vec![transfers::Class::Positive, transfers::Class::Suspected],
                serves: self.config.areas,
                base,
            };
            let put = transfers::Command::PutVehicle(put);
            self.devices[commander].note(self.now, vehicle.area, put);
        }
    }

    /// The county under which a laboratory's own records go.
    pub(crate) fn area_for_lab(&self, lab: &HolderCode) -> AreaCode {
        let of = self.town.labs.iter().find(|l| l.holder == *lab).map(|l| l.area);
        let inside = of.filter(|a| self.town.areas.contains(a));
        inside.or(self.town.areas.first().copied()).unwrap_or(AreaCode::NONE)
    }

    /// Plans and opens the round of the day, with the server's own plan.
    pub(crate) async fn open_round(&mut self) -> Result<()> {
        if self.is_taken(&crate::control::command_post()) {
            // People open rounds: theirs are worked in as they come.
            return Ok(());
        }
        let number = self.chronicle.rounds.len() as u32 + 1;
        let starts_at = self.now + Span::hours(1);
        let ends_at = starts_at + Span::hours(self.config.work.round_hours);
        let id = ids::round(self.config.seed, number, starts_at);
        let session = self.devices[self.device("commander")?].session;
        let [locked, controlled] = self.zones_for_round();
        let mut form: Vec<(&str, String)> = vec![
            ("round", id.to_string()),
            ("name_zh", "全员核酸检测（演练）".into()),
            ("name_en", "Mass testing (drill)".into()),
            ("number", number.to_string()),
            ("more", String::new()),
            ("starts", local(starts_at)),
            ("ends", local(ends_at)),
            ("prevalence", String::new()),
            ("locked", locked),
            ("controlled", controlled),
            ("quarantine", String::new()),
        ];
        form.extend(self.town.areas.iter().map(|a| ("place", a.to_string())));
        let page = self.link.post_form(session, "/testing/rounds/plan", &form).await?;
        let html = String::from_utf8_lossy(&page.body).into_owned();
        for name in PEOPLE {
            let value = field(&html, name).ok_or_else(|| DrillError::List {
                path: "/testing/rounds/plan".into(),
                reason: format!("the plan of round {number} has no {name}: status {}", page.status),
            })?;
            form.push((name, value));
        }
        self.link.post_form(session, "/testing/rounds/open", &form).await?;
        self.chronicle.rounds.push(Round {
            id,
            number,
            starts_at,
            ends_at,
            closed_at: None,
            system: [0; 4],
            read_at: None,
        });
        let round = self.chronicle.rounds.len() - 1;
        self.prepare_round(round, false).await
    }

    /// Reads the plan of a round and sends everybody to their places. A round that a person opened
    /// may be planned later; that is waited for.
    pub(crate) async fn prepare_round(&mut self, round: usize, by_hand: bool) -> Result<()> {
        let Round { id, starts_at, ends_at, .. } = self.chronicle.rounds[round].clone();
        let session = self.devices[self.device("commander")?].session;
        let plan = self.link.list(session, &format!("/testing/rounds/{id}/plan")).await?;
        let (code, stands, slots) =
            (plan.column("Code")?, plan.column("Stands")?, plan.column("Slots")?);
        let mut planned = Vec::new();
        for row in plan.iter() {
            let cell = |at: usize| row.get(at).unwrap_or_default();
            let compounds = cell(slots).split("; ").filter_map(|slot| {
                PlaceCode::parse(slot.split(' ').next().unwrap_or_default()).ok()
            });
            planned.push(PlannedSite {
                site: HolderCode::parse(cell(code))?,
                stands: cell(stands).parse().unwrap_or(1),
                compounds: compounds.collect(),
            });
        }
        if planned.is_empty() && by_hand {
            if self.now < ends_at {
                self.agenda.put(self.now + Span::minutes(30), Task::PrepareRound { round });
            }
            return Ok(());
        }
        if planned.is_empty() {
            return Err(DrillError::Lost(format!("round {id} was opened without a site")));
        }
        let mut begun: BTreeMap<AreaCode, i64> = BTreeMap::new();
        for plan in planned {
            let area = plan.compounds.first().and_then(PlaceCode::area).unwrap_or(AreaCode::NONE);
            let at = self.site(&plan.site, area)?;
            for compound in &plan.compounds {
                self.site_of.insert(compound.clone(), at);
            }
            let site = &mut self.sites[at];
            site.stands = i64::from(plan.stands.max(1));
            site.compounds = plan.compounds;
            site.round = Some(round);
            site.looks = 0;
            site.queue.clear();
            // Not all at the same second, so that one server is not asked by all at once: thirty of
            // each county, then the next thirty of each.
            let n = begun.entry(area).or_default();
            let at_work = together(starts_at.max(self.now) + Span::seconds(*n * 20)).max(self.now);
            *n += 1;
            self.agenda.put(at_work, Task::Shift { site: at });
        }
        self.agenda.put(ends_at + Span::hours(12), Task::CloseRound { round });
        self.excuse(round).await
    }

    /// Those who are or were in a ward are excused from the round, with a list as evidence.
    async fn excuse(&mut self, round: usize) -> Result<()> {
        let id = self.chronicle.rounds[round].id;
        let reason = |ending: Option<cases::Ending>| match ending {
            None => ("in-care", "入院名单 / admission list"),
            Some(cases::Ending::Died) => ("deceased", "死亡证明 / death certificate"),
            Some(_) => ("recovered", "解除隔离证明 / certificate of release"),
        };
        let patients: Vec<(u32, Option<cases::Ending>)> = self
            .chronicle
            .files
            .iter()
            .filter(|(_, f)| f.isolated_at.is_some())
            .map(|(person, f)| (*person, f.ended.map(|(how, _)| how)))
            .collect();
        for (person, ending) in patients {
            let area = self.town.homes[self.town.home_of(person)].area;
            let desk = self.device(&format!("district:{area}"))?;
            let (reason, evidence) = reason(ending);
            let exempt = Exempt {
                round: id,
                person: self.town.person_id(person),
                reason: reason.into(),
                evidence: Some(evidence.into()),
            };
            let now = self.now;
            self.devices[desk].note(now, area, Command::Exempt(exempt));
        }
        let kept = self.chronicle.followed.values().filter(|f| f.is_kept());
        let kept: Vec<u32> = kept.filter_map(|f| f.person).collect();
        self.excuse_contacts(&kept, &[id]).await?;
        self.sync().await
    }

    /// Once an hour: which tubes are not negative, how busy laboratories are.
    pub(crate) async fn desk(&mut self) -> Result<()> {
        self.truth.0.advance(self.now);
        self.send_couriers().await?;
        let session = self.devices[self.device("commander")?].session;
        for round in 0..self.chronicle.rounds.len() {
            if self.chronicle.rounds[round].closed_at.is_some() {
                continue;
            }
            let id = self.chronicle.rounds[round].id;
            let path = format!("/testing/rounds/{id}/not-negative");
            let list = self.link.list(session, &path).await?;
            let (tube, result, persons) =
                (list.column("Tube")?, list.column("Result")?, list.column("Persons")?);
            let mut fresh = Vec::new();
            for row in list.iter() {
                let cell = |at: usize| row.get(at).unwrap_or_default();
                let code = UnitId::parse(cell(tube))?;
                let word = cell(result).to_owned();
                if self.read_results.get(&code) != Some(&word) {
                    fresh.push((code, word, cell(persons).parse::<usize>().unwrap_or(0)));
                }
            }
            for (code, word, persons) in fresh {
                self.act_on(code, &word, persons);
                self.read_results.insert(code, word);
            }
        }
        self.publish_score();
        Ok(())
    }

    /// A tube is not negative: one person is a case, several stay at home until each has a result.
    fn act_on(&mut self, code: UnitId, word: &str, persons: usize) {
        if word.contains('·') || word == "invalid" {
            return;
        }
        // The site's own list says who is in it: the desk calls there.
        let entered: Vec<u32> = self
            .goods
            .coded(code)
            .iter()
            .flat_map(|at| self.goods.tubes[*at].entered.iter().copied())
            .collect();
        let now = self.now;
        for person in entered {
            if self.chronicle.is_excused(person) {
                continue;
            }
            let case = persons == 1 && word == "positive";
            let file = self.chronicle.file(person);
            if !file.is_held() {
                file.holds.push(Hold { from: now, until: None });
                self.keep_apart(person);
            }
            if case {
                self.call_a_case(person);
            }
        }
    }

    /// Somebody is known to be a case: the queue for a bed has them, the dispatcher sends for them.
    pub(crate) fn call_a_case(&mut self, person: u32) {
        let now = self.now;
        let file = self.chronicle.file(person);
        if file.case_at.is_none() {
            file.case_at = Some(now);
        }
    }

    /// A result of their own says that somebody may go out again.
    pub(crate) fn let_out(&mut self, person: u32) {
        let now = self.now;
        if let Some(file) = self.chronicle.files.get_mut(&person)
            && file.case_at.is_none()
            && let Some(hold) = file.holds.last_mut().filter(|h| h.until.is_none())
        {
            hold.until = Some(now);
            self.keep_apart(person);
        }
    }

    /// Each courier brings its boxes to the laboratory that has room, by the list of loads.
    async fn send_couriers(&mut self) -> Result<()> {
        let session = self.devices[self.device("commander")?].session;
        let list = self.link.list(session, "/testing/laboratories").await?;
        let (name, staffed, waiting, received) = (
            list.column("Laboratory")?,
            list.column("Staffed")?,
            list.column("Waiting")?,
            list.column("Received")?,
        );
        let mut loads: Vec<(usize, f64, f64)> = Vec::new();
        for row in list.iter() {
            let number = |at: usize| row.get(at).unwrap_or_default().parse::<f64>().unwrap_or(0.0);
            let lab = self
                .town
                .labs
                .iter()
                .position(|l| Some(l.name_en.as_str()) == row.get(name).map(str::trim));
            if let Some(lab) = lab.filter(|l| self.labs[*l].fails_until <= self.now) {
                // What came within a day takes its capacity, as what waits does.
                let load = number(waiting) + number(received);
                loads.push((lab, load, number(staffed).max(1.0)));
            }
        }
        self.dispatch.clear();
        for courier in 0..self.couriers.len() {
            let best = loads
                .iter_mut()
                .min_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)).then(a.0.cmp(&b.0)));
            if let Some(best) = best {
                // What one courier brings in an hour, roughly.
                best.1 += 40.0;
                self.dispatch.insert(courier, best.0);
            }
        }
        Ok(())
    }

    /// In the evening a desk decides which of two fillings under one code stands: the first one,
    /// unless somebody knows better. The people of the other are called again.
    pub(crate) async fn settle(&mut self, area: AreaCode) -> Result<()> {
        if self.is_taken(&HolderCode::parse(&format!("desk:{area}"))?) {
            return Ok(());
        }
        let desk = self.device(&format!("district:{area}"))?;
        let session = self.devices[desk].session;
        let list = self.link.list(session, "/testing/findings").await?;
        let (unit, finding) = (list.column("Code")?, list.column("Finding")?);
        let mut open: Vec<UnitId> = Vec::new();
        for row in list.iter().filter(|r| r.get(finding) == Some(FILLED_TWICE)) {
            let code = UnitId::parse(row.get(unit).unwrap_or_default())?;
            if code.kind() == testing::TUBE && !open.contains(&code) {
                open.push(code);
            }
        }
        for unit in open {
            let page = self.link.page(session, &format!("/testing/findings/{unit}")).await?;
            let Some((command, n)) = claims(&page).into_iter().next_back() else { continue };
            let resolve = Resolve {
                unit,
                void_command: command,
                void_n: n,
                note: "同一编码两次采样：第二批重新采样 / two fillings under one code: the second is called again".into(),
            };
            let now = self.now;
            self.devices[desk].note(now, area, Command::Resolve(resolve));
            // A result that was held back for the dispute is released.
            if self.goods.coded(unit).iter().any(|at| self.goods.tubes[*at].read_at.is_some()) {
                let report = Command::Report { tubes: vec![unit] };
                self.devices[desk].note(now, area, report);
            }
        }
        self.flush(desk).await?;
        Ok(())
    }

    /// A round is over: who has no result by now is followed up in the next one.
    pub(crate) async fn close_round(&mut self, round: usize) -> Result<()> {
        if self.is_taken(&crate::control::command_post()) {
            return Ok(());
        }
        let commander = self.device("commander")?;
        let id = self.chronicle.rounds[round].id;
        let area = self.town.areas.first().copied().unwrap_or(AreaCode::NONE);
        let now = self.now;
        self.devices[commander].note(now, area, Command::CloseRound { round: id });
        self.flush(commander).await?;
        self.chronicle.rounds[round].closed_at = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_and_filled_in_as_people_do() {
        let html = r#"<input type="hidden" name="samplers" value="17"><input name="x" value="">"#;
        assert_eq!(field(html, "samplers").as_deref(), Some("17"));
        assert_eq!(field(html, "x").as_deref(), Some(""));
        assert_eq!(field(html, "y"), None);
        let at = Micros::parse("2022-03-04T23:30:00Z").expect("a time");
        assert_eq!(local(at), "2022-03-05T07:30");
    }
}
