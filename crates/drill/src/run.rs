//! A drill on its way: one thing after the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::futures::Notified;
use types::{AreaCode, HolderCode, Micros, PlaceCode, Span, UnitId};

use crate::agenda::Agenda;
use crate::clock::Clock;
use crate::control::Control;
use crate::device::Device;
use crate::diary::Diary;
use crate::draw::Draw;
use crate::goods::Goods;
use crate::ids::Codes;
use crate::link::{Host, Link, Session};
use crate::pace::Pace;
use crate::posts::{CourierWork, CrewWork, LabWork, Plate, SiteWork, Task, WardWork};
use crate::score::Score;
use crate::score::chronicle::Chronicle;
use crate::spent::Spent;
use crate::staff::{StepUp, Supplying};
use crate::town::{Account, Town};
use crate::truth::Truth;
use crate::{Config, DrillError, Result};

/// A drill.
#[derive(Debug)]
pub struct Drill {
    pub(crate) config: Config,
    pub(crate) town: Town,
    pub(crate) truth: Believed,
    pub(crate) link: Link,
    pub(crate) clock: Clock,
    pub(crate) control: Control,
    pub(crate) agenda: Agenda<Task>,
    pub(crate) goods: Goods,
    pub(crate) codes: Codes,
    pub(crate) chronicle: Chronicle,
    pub(crate) devices: Vec<Device>,
    pub(crate) device_of: BTreeMap<String, usize>,
    pub(crate) sites: Vec<SiteWork>,
    pub(crate) site_at: BTreeMap<HolderCode, usize>,
    pub(crate) site_of: BTreeMap<PlaceCode, usize>,
    pub(crate) couriers: Vec<CourierWork>,
    pub(crate) labs: Vec<LabWork>,
    pub(crate) plates: Vec<Plate>,
    pub(crate) wards: Vec<WardWork>,
    pub(crate) crews: Vec<CrewWork>,
    // Whom wards have called for a bed with more care, and since when.
    pub(crate) step_ups: Vec<(Micros, StepUp)>,
    pub(crate) supply: Supplying,
    pub(crate) dispatch: BTreeMap<usize, usize>,
    pub(crate) read_results: BTreeMap<UnitId, String>,
    // Holders whose work people do.
    pub(crate) taken: BTreeSet<HolderCode>,
    pub(crate) publish: Option<Publish>,
    pub(crate) now: Micros,
    // Tasks done so far: the places in the diary at which something came from outside.
    tasks: u64,
    spent: Spent,
    // How it keeps the pace that the controls ask for; none while it stands.
    pace: Option<Pace>,
}

/// Takes every new score.
pub(crate) struct Publish(Box<dyn Fn(&Score) + Send + Sync>);

impl std::fmt::Debug for Publish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Publish")
    }
}

/// The truth, boxed.
pub(crate) struct Believed(pub Box<dyn Truth>);

impl std::fmt::Debug for Believed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Truth")
    }
}

/// What a drill is made of.
pub struct Stage {
    /// What to rehearse.
    pub config: Config,
    /// The town.
    pub town: Town,
    /// Who is infected.
    pub truth: Box<dyn Truth>,
    /// Simulated time.
    pub clock: Clock,
    /// The controls.
    pub control: Control,
    /// What is written down.
    pub diary: Diary,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Drill {
    /// A drill that has not begun: the command post registers what there is. With a diary that was
    /// kept before, it goes on where that ends.
    ///
    /// # Errors
    /// When the server does not let the command post in, or refuses something.
    pub async fn begin(stage: Stage, host: Box<dyn Host>, password: &str) -> Result<Drill> {
        let Stage { config, town, truth, clock, control, diary } = stage;
        let start = config.midnight(0);
        let mut drill = Drill {
            link: Link::new(host, diary),
            truth: Believed(truth),
            agenda: Agenda::default(),
            goods: Goods::default(),
            codes: Codes::default(),
            chronicle: Chronicle::default(),
            devices: Vec::new(),
            device_of: BTreeMap::new(),
            sites: Vec::new(),
            site_at: BTreeMap::new(),
            site_of: BTreeMap::new(),
            couriers: Vec::new(),
            labs: Vec::new(),
            plates: Vec::new(),
            wards: Vec::new(),
            crews: Vec::new(),
            step_ups: Vec::new(),
            supply: Supplying::default(),
            dispatch: BTreeMap::new(),
            read_results: BTreeMap::new(),
            taken: BTreeSet::new(),
            publish: None,
            now: start,
            tasks: 0,
            spent: Spent::begin(),
            pace: None,
            config,
            town,
            clock,
            control,
        };
        drill.settle_at(start)?;
        for account in drill.town.accounts() {
            drill.enrol(&account, password);
        }
        for at in 0..drill.town.couriers.len() {
            let device = drill.device(drill.town.couriers[at].holder.as_str())?;
            drill.couriers.push(CourierWork {
                device,
                cargo: Vec::new(),
                tours: 0,
                under_way: false,
                idle_until: start,
            });
        }
        for at in 0..drill.town.labs.len() {
            let device = drill.device(drill.town.labs[at].holder.as_str())?;
            drill.labs.push(LabWork {
                device,
                free_at: start,
                plates: 0,
                fails_until: start,
                busy: false,
            });
        }
        for facility in drill.town.facilities.clone() {
            let device = drill.device(facility.holder.as_str())?;
            let (holder, area) = (facility.holder, facility.area);
            drill.wards.push(WardWork { holder, area, device });
        }
        for vehicle in drill.town.vehicles.clone() {
            let device = drill.device(vehicle.holder.as_str())?;
            let (holder, area) = (vehicle.holder, vehicle.area);
            drill.crews.push(CrewWork { holder, area, device, looks_at: None });
        }
        for at in 0..drill.town.sites.len() {
            let (holder, area) = drill.town.sites[at].clone();
            drill.site(&holder, area)?;
        }
        for area in drill.town.areas.clone() {
            // Tracers work with the account of the grid workers, and a phone of their own.
            let session = drill.devices[drill.device(&format!("grid:{area}"))?].session;
            drill.add_device(format!("tracer:{area}"), session);
        }
        drill.set_up().await?;
        if drill.config.faults.city.hidden_dormitory > 0 {
            drill.move_in();
        }
        drill.agenda.put(start, Task::Dawn(0));
        Ok(drill)
    }

    fn enrol(&mut self, account: &Account, password: &str) {
        let key = match &account.holder {
            Some(holder) => holder.as_str().to_owned(),
            None if account.role == "commander" => "commander".to_owned(),
            None => format!("{}:{}", account.role, account.scope),
        };
        let session = self.link.enrol(&account.login, password, "drill");
        self.add_device(key, session);
    }

    pub(crate) fn add_device(&mut self, key: String, session: Session) -> usize {
        let number = self.devices.len() as u64;
        let name = format!("drill-{key}");
        // A desk's clock is the server's own, as near as it matters.
        let faults = match key.split_once(':').map_or("", |(kind, _)| kind) {
            "site" | "courier" | "lab" => self.config.faults.devices.clone(),
            _ => crate::faults::Faults::none().devices,
        };
        self.devices.push(Device::new(self.config.seed, number, name, session, &faults));
        self.device_of.insert(key, self.devices.len() - 1);
        self.devices.len() - 1
    }

    /// The device of somebody.
    pub(crate) fn device(&self, key: &str) -> Result<usize> {
        self.device_of
            .get(key)
            .copied()
            .ok_or_else(|| DrillError::Config(format!("nobody acts as {key}")))
    }

    /// The site of a holder; a new one is staffed by the relief team of its county.
    pub(crate) fn site(&mut self, holder: &HolderCode, area: AreaCode) -> Result<usize> {
        if let Some(at) = self.site_at.get(holder) {
            return Ok(*at);
        }
        let device = match self.device_of.get(holder.as_str()) {
            Some(device) => *device,
            None => {
                let team = self.device(&format!("sampler:{area}"))?;
                let session = self.devices[team].session;
                self.add_device(holder.as_str().to_owned(), session)
            }
        };
        let at = self.sites.len();
        self.sites.push(SiteWork {
            code: holder.clone(),
            area,
            device,
            stands: 1,
            community: None,
            compounds: Vec::new(),
            round: None,
            queue: VecDeque::new(),
            loose: Vec::new(),
            ready: Vec::new(),
            filling: false,
            looks: 0,
            closed_until: Micros(0),
            last: None,
        });
        self.site_at.insert(holder.clone(), at);
        Ok(at)
    }

    /// A generator for one purpose.
    pub(crate) fn draw(&self, what: &str, n: u64) -> Draw {
        Draw::keyed(self.config.seed, what, n)
    }

    /// Sets all clocks.
    pub(crate) fn settle_at(&mut self, at: Micros) -> Result<()> {
        self.now = self.now.max(at);
        self.clock.stand(self.now);
        self.link.set_time(self.now)?;
        self.control.reached(self.now, self.config.day_of(self.now));
        Ok(())
    }

    /// Simulated time.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// The controls.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The line to the server, with its counts.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Hands every new score to somebody: once an hour of simulated time.
    pub fn publish_to(&mut self, take: impl Fn(&Score) + Send + Sync + 'static) {
        self.publish = Some(Publish(Box::new(take)));
    }

    pub(crate) fn publish_score(&self) {
        if let Some(publish) = self.publish.as_ref().filter(|_| !self.recalls()) {
            publish.0(&self.score());
        }
    }

    /// Lives until the end of its days, or for ever; at the pace that the controls say.
    ///
    /// # Errors
    /// When the server is gone, or lost something.
    pub async fn run(&mut self) -> Result<()> {
        let end = self.config.days.map_or(Micros::MAX, |days| self.config.midnight(days));
        let lived = self.live_until(end).await;
        self.control.end(lived.as_ref().err().map(ToString::to_string));
        lived
    }

    /// Whether it still tells again what was written down before.
    pub fn recalls(&self) -> bool {
        self.link.diary().recalls()
    }

    /// Lives until a time, or until it is asked to stop. What its diary still tells comes first.
    ///
    /// # Errors
    /// As [`Drill::run`].
    pub async fn live_until(&mut self, end: Micros) -> Result<()> {
        self.recall(|_| {}).await?;
        let changes = self.control.changes();
        loop {
            // Before anything is looked at: what comes in from here on wakes the wait below.
            let changed = changes.notified();
            self.take_inputs()?;
            if self.control.stops() {
                return Ok(());
            }
            let Some(next) = self.agenda.next_at().filter(|next| *next < end) else {
                return self.settle_at(end.min(self.now + Span::days(1)));
            };
            if self.wait(next, changed).await {
                continue;
            }
            self.settle_at(next)?;
            let Some((_, task)) = self.agenda.take() else { return Ok(()) };
            self.timed(task).await?;
            self.tasks += 1;
        }
    }

    /// Works on a task, and looks at the clock on the wall.
    async fn timed(&mut self, task: Task) -> Result<()> {
        let written = format!("{task:?}");
        let kind = written.split([' ', '(']).next().unwrap_or_default();
        let evening = if let Task::Dusk(day) = task { Some(day) } else { None };
        let (begun, calls) = (Instant::now(), self.link.calls);
        self.work(task).await?;
        self.spent.add(kind, self.link.calls - calls, begun.elapsed());
        if let Some(day) = evening {
            self.spent.log(day);
        }
        Ok(())
    }

    /// Hears its diary to the end, without pause: from there it goes on with the server. `told` is
    /// given the simulated time that is reached.
    ///
    /// # Errors
    /// As [`Drill::run`], and when the diary tells another story.
    pub async fn recall(&mut self, mut told: impl FnMut(Micros)) -> Result<()> {
        loop {
            self.take_inputs()?;
            if !self.recalls() {
                return Ok(());
            }
            let Some((next, task)) = self.agenda.take() else { return Ok(()) };
            self.settle_at(next)?;
            self.work(task).await?;
            self.tasks += 1;
            told(next);
        }
    }

    /// Takes in what came from outside since the last task: from the diary as long as that tells
    /// of it, from the controls afterwards.
    fn take_inputs(&mut self) -> Result<()> {
        while let Some((at, input)) = self.link.diary_mut().input(self.tasks)? {
            self.control.recall(at, &input);
            self.admit(at, input)?;
        }
        if self.recalls() {
            return Ok(());
        }
        let now = self.clock.now();
        for input in self.control.take(now) {
            self.link.diary_mut().note_input(self.tasks, now, &input)?;
            self.admit(now, input)?;
        }
        Ok(())
    }

    /// Waits for the next thing; `true` when something else came in between.
    async fn wait(&mut self, next: Micros, changed: Notified<'_>) -> bool {
        let Some(rate) = self.control.may_go(next) else {
            self.pace = None;
            self.clock.stand(self.clock.now());
            changed.await;
            return true;
        };
        let Some(rate) = rate else {
            self.pace = None;
            return false;
        };
        let now = self.clock.now();
        let mut pace = self.pace.filter(|pace| pace.is(rate));
        let pace = pace.get_or_insert_with(|| Pace::begin(now, rate));
        let left = pace.left(now, next);
        self.pace = Some(*pace);
        let Some(left) = left.filter(|_| now < next) else { return false };
        // It is there in time, also where it is a little behind.
        self.clock.run((next - now).0 as f64 / 1e6 / left.as_secs_f64(), next);
        // Short naps, so that the controls show a time that moves.
        let nap = left.min(Duration::from_millis(500));
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = changed => {}
        }
        self.control.reached(self.clock.now(), self.config.day_of(self.clock.now()));
        self.clock.now() < next
    }
}
