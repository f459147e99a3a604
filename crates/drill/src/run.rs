//! A drill on its way: one thing after the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use testing::{Mode, Zone};
use types::{AreaCode, HolderCode, Micros, PlaceCode, Span, UnitId};

use crate::agenda::Agenda;
use crate::clock::Clock;
use crate::control::{Act, Control, Happening};
use crate::device::Device;
use crate::draw::Draw;
use crate::goods::{BoxAt, Goods, TubeAt};
use crate::ids::Codes;
use crate::link::{Host, Link};
use crate::score::Score;
use crate::score::chronicle::Chronicle;
use crate::town::{Account, Town};
use crate::truth::Truth;
use crate::{Config, DrillError, Result};

/// Something to do.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Dawn(u32),
    OpenRound,
    PrepareRound { round: usize },
    Shift { site: usize },
    Refresh { site: usize },
    Fill { site: usize },
    Pack { site: usize },
    Sync,
    Tour { courier: usize },
    Deliver { courier: usize, lab: usize },
    OpenBox { parcel: BoxAt, lab: usize },
    Bench { lab: usize },
    Read { plate: usize },
    Confirm { plate: usize },
    Found { tube: TubeAt },
    Desk,
    Settle { area: AreaCode },
    Visits { area: AreaCode },
    Knock { community: PlaceCode, area: AreaCode },
    Transfer { person: u32 },
    CloseRound { round: usize },
    Dusk(u32),
}

/// Persons who will share a tube.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub persons: Vec<u32>,
    pub mode: Mode,
    pub zone: Zone,
}

/// A site at work.
#[derive(Debug)]
pub(crate) struct SiteWork {
    pub code: HolderCode,
    pub area: AreaCode,
    pub device: usize,
    pub stands: i64,
    pub community: Option<PlaceCode>,
    pub compounds: Vec<PlaceCode>,
    pub round: Option<usize>,
    pub queue: VecDeque<Group>,
    pub loose: Vec<TubeAt>,
    pub ready: Vec<BoxAt>,
    pub filling: bool,
    pub looks: u32,
    pub closed_until: Micros,
    pub last: Option<UnitId>,
}

/// A courier at work.
#[derive(Debug)]
pub(crate) struct CourierWork {
    pub device: usize,
    pub cargo: Vec<BoxAt>,
    pub tours: u32,
    pub under_way: bool,
    pub idle_until: Micros,
}

/// A laboratory at work.
#[derive(Debug)]
pub(crate) struct LabWork {
    pub device: usize,
    pub free_at: Micros,
    pub plates: u32,
    pub fails_until: Micros,
    /// Whether something is there, or was when it looked last.
    pub busy: bool,
}

/// A plate.
#[derive(Clone, Debug)]
pub(crate) struct Plate {
    pub name: String,
    pub lab: usize,
    pub wells: Vec<TubeAt>,
    pub doubtful: BTreeSet<TubeAt>,
}

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
    pub(crate) dispatch: BTreeMap<usize, usize>,
    pub(crate) read_results: BTreeMap<UnitId, String>,
    pub(crate) publish: Option<Publish>,
    pub(crate) now: Micros,
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

impl Drill {
    /// A drill that has not begun: signs its staff in.
    ///
    /// # Errors
    /// When the server does not let somebody in.
    pub async fn begin(
        config: Config,
        town: Town,
        truth: Box<dyn Truth>,
        host: Box<dyn Host>,
        clock: Clock,
        control: Control,
        password: &str,
    ) -> Result<Drill> {
        let start = config.midnight(0);
        let mut drill = Drill {
            link: Link::new(host),
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
            dispatch: BTreeMap::new(),
            read_results: BTreeMap::new(),
            publish: None,
            now: start,
            config,
            town,
            clock,
            control,
        };
        drill.settle_at(start)?;
        for account in drill.town.accounts() {
            drill.enrol(&account, password).await?;
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
        for at in 0..drill.town.sites.len() {
            let (holder, area) = drill.town.sites[at].clone();
            drill.site(&holder, area)?;
        }
        drill.set_up().await?;
        drill.agenda.put(start, Task::Dawn(0));
        Ok(drill)
    }

    async fn enrol(&mut self, account: &Account, password: &str) -> Result<()> {
        let key = match &account.holder {
            Some(holder) => holder.as_str().to_owned(),
            None if account.role == "commander" => "commander".to_owned(),
            None => format!("{}:{}", account.role, account.scope),
        };
        let token = self.link.sign_in(&account.login, password, "drill").await?;
        self.add_device(key, token);
        Ok(())
    }

    pub(crate) fn add_device(&mut self, key: String, token: String) -> usize {
        let number = self.devices.len() as u64;
        let name = format!("drill-{key}");
        // A desk's clock is the server's own, as near as it matters.
        let faults = match key.split_once(':').map_or("", |(kind, _)| kind) {
            "site" | "courier" | "lab" => self.config.faults.devices.clone(),
            _ => crate::faults::Faults::none().devices,
        };
        self.devices.push(Device::new(self.config.seed, number, name, token, &faults));
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
                let token = self.devices[team].token.clone();
                self.add_device(holder.as_str().to_owned(), token)
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
    fn settle_at(&mut self, at: Micros) -> Result<()> {
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
        if let Some(publish) = &self.publish {
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

    /// Lives until a time.
    ///
    /// # Errors
    /// As [`Drill::run`].
    pub async fn live_until(&mut self, end: Micros) -> Result<()> {
        loop {
            let now = self.clock.now();
            let (happenings, acts) = self.control.take(now);
            for act in acts {
                self.learn(act)?;
            }
            for happening in happenings {
                self.settle_at(now)?;
                self.happen(&happening)?;
            }
            let Some(next) = self.agenda.next_at().filter(|next| *next < end) else {
                return self.settle_at(end.min(self.now + Span::days(1)));
            };
            if self.wait(next).await {
                continue;
            }
            self.settle_at(next)?;
            let Some((_, task)) = self.agenda.take() else { return Ok(()) };
            self.work(task).await?;
        }
    }

    /// Waits for the next thing; `true` when something else came in between.
    async fn wait(&mut self, next: Micros) -> bool {
        let changes = self.control.changes();
        let changed = changes.notified();
        let Some(rate) = self.control.may_go(next) else {
            self.clock.stand(self.clock.now());
            changed.await;
            return true;
        };
        let Some(rate) = rate else { return false };
        self.clock.run(rate, next);
        let left = (next - self.clock.now()).0.max(0) as f64 / 1e6 / rate;
        if left <= 0.0 {
            return false;
        }
        // Short naps, so that the controls show a time that moves.
        let nap = Duration::from_secs_f64(left.min(0.5));
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = changed => {}
        }
        self.control.reached(self.clock.now(), self.config.day_of(self.clock.now()));
        self.clock.now() < next
    }

    async fn work(&mut self, task: Task) -> Result<()> {
        match task {
            Task::Dawn(day) => self.dawn(day),
            Task::OpenRound => self.open_round().await,
            Task::PrepareRound { round } => self.prepare_round(round).await,
            Task::Shift { site } => self.shift(site).await,
            Task::Refresh { site } => self.refresh(site).await,
            Task::Fill { site } => self.fill(site),
            Task::Pack { site } => self.pack(site),
            Task::Sync => self.sync().await,
            Task::Tour { courier } => self.tour(courier).await,
            Task::Deliver { courier, lab } => self.deliver(courier, lab).await,
            Task::OpenBox { parcel, lab } => self.open_box(parcel, lab).await,
            Task::Bench { lab } => self.bench(lab).await,
            Task::Read { plate } => self.read_plate(plate, false).await,
            Task::Confirm { plate } => self.read_plate(plate, true).await,
            Task::Found { tube } => self.found(tube).await,
            Task::Desk => self.desk().await,
            Task::Settle { area } => self.settle(area).await,
            Task::Visits { area } => self.visits(area).await,
            Task::Knock { community, area } => self.knock(&community, area).await,
            Task::Transfer { person } => self.transfer(person),
            Task::CloseRound { round } => self.close_round(round).await,
            Task::Dusk(day) => self.dusk(day).await,
        }
    }

    /// The day begins: the truth goes on, and everybody has their day before them.
    fn dawn(&mut self, day: u32) -> Result<()> {
        let midnight = self.config.midnight(day);
        let work = self.config.work.clone();
        let at = |hours: i64| midnight + Span::hours(hours);
        self.truth.0.advance(midnight);
        let faults = self.config.faults.devices.clone();
        let shift = Span::hours(11);
        let field: Vec<usize> = self
            .device_of
            .iter()
            .filter(|(key, _)| ["site:", "courier:", "lab:"].iter().any(|k| key.starts_with(k)))
            .map(|(_, device)| *device)
            .collect();
        for device in field {
            self.devices[device].begin_day(day, at(work.sampling_from), shift, &faults);
        }
        if day.is_multiple_of(work.round_every_days.max(1)) {
            self.agenda.put(at(work.sampling_from) - Span::hours(1), Task::OpenRound);
            for area in self.town.areas.clone() {
                self.agenda.put(at(17), Task::Visits { area });
            }
        }
        let minutes = |n: i64| Span::minutes(n.max(1));
        let every =
            |step: i64| (0..24 * 60 / step.max(1)).map(move |n| midnight + minutes(n * step));
        for at in every(work.sync_minutes) {
            self.agenda.put(at, Task::Sync);
        }
        for courier in 0..self.couriers.len() {
            // Tours are spread over the hour.
            let offset = minutes(7 + (courier as i64 * 11) % work.tour_minutes.max(1));
            let on_duty = at(work.sampling_from)..at(work.sampling_from + 16);
            for at in every(work.tour_minutes).filter(|at| on_duty.contains(at)) {
                self.agenda.put(at + offset, Task::Tour { courier });
            }
        }
        for lab in 0..self.labs.len() {
            for at in every(work.bench_minutes) {
                self.agenda.put(at + minutes(3 + lab as i64), Task::Bench { lab });
            }
        }
        for at in every(60) {
            self.agenda.put(at + minutes(30), Task::Desk);
        }
        for area in self.town.areas.clone() {
            self.agenda.put(at(21), Task::Settle { area });
        }
        self.agenda.put(midnight + Span::days(1) - minutes(5), Task::Dusk(day));
        self.agenda.put(midnight + Span::days(1), Task::Dawn(day + 1));
        Ok(())
    }

    /// What a person did in the browser or with a phone: their tubes and boxes exist too.
    fn learn(&mut self, act: Act) -> Result<()> {
        let desks::Command::Testing(command) = act.command else { return Ok(()) };
        self.learn_testing(act.at, command)
    }

    fn happen(&mut self, what: &Happening) -> Result<()> {
        tracing::info!(?what, at = ?self.now, "something happens");
        match what {
            Happening::LaboratoryFails { lab, hours } => {
                let at = match lab {
                    Some(lab) => self.town.labs.iter().position(|l| l.holder == *lab),
                    None => {
                        (0..self.town.labs.len()).max_by_key(|l| self.town.labs[*l].capacity[2])
                    }
                };
                if let Some(at) = at {
                    self.labs[at].fails_until = self.now + Span::hours(*hours);
                }
            }
            Happening::MarketCluster { persons } => {
                let mut draw = self.draw("market", self.now.0.unsigned_abs());
                let people = self.town.people as usize;
                let chosen: BTreeSet<u32> =
                    (0..*persons).map(|_| draw.below(people) as u32).collect();
                self.truth.0.seed(&chosen.into_iter().collect::<Vec<_>>(), self.now);
            }
            Happening::CourierStrike { hours } => {
                let until = self.now + Span::hours(*hours);
                self.couriers.iter_mut().for_each(|c| c.idle_until = until);
            }
            Happening::Storm { hours } => {
                let until = self.now + Span::hours(*hours);
                for site in &mut self.sites {
                    site.closed_until = until;
                }
                for device in &mut self.devices {
                    device.cut_off(self.now, until);
                }
            }
        }
        Ok(())
    }
}
