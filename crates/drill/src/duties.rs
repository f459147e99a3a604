//! Who does what: each task of the agenda, and which of them are done side by side.

use crate::Result;
use crate::posts::Task;
use crate::run::Drill;

impl Drill {
    /// Those who have the same to do at this moment.
    fn with_others<T>(&mut self, first: T, also: impl Fn(&Task) -> Option<T>) -> Vec<T> {
        let now = self.now;
        let others = std::iter::from_fn(|| self.agenda.take_if(now, &also));
        std::iter::once(first).chain(others).collect()
    }

    /// Does what is to be done now.
    pub(crate) async fn work(&mut self, task: Task) -> Result<()> {
        match task {
            Task::Dawn(day) => self.dawn(day),
            Task::OpenRound => self.open_round().await,
            Task::PrepareRound { round } => self.prepare_round(round, true).await,
            Task::Shift { site } => {
                let also =
                    |task: &Task| if let Task::Shift { site } = task { Some(*site) } else { None };
                let sites = self.with_others(site, also);
                self.shift(&sites).await
            }
            Task::Refresh { site } => {
                let also = |task: &Task| match task {
                    Task::Refresh { site } => Some(*site),
                    _ => None,
                };
                let sites = self.with_others(site, also);
                self.refresh(&sites).await
            }
            Task::Fill { site } => self.fill(site),
            Task::Pack { site } => self.pack(site),
            Task::Sync => self.sync().await,
            Task::Tour { courier } => self.tour(courier).await,
            Task::Deliver { courier, lab } => self.deliver(courier, lab).await,
            Task::OpenBox { parcel, lab } => {
                let also = |task: &Task| match task {
                    Task::OpenBox { parcel, lab } => Some((*parcel, *lab)),
                    _ => None,
                };
                let boxes = self.with_others((parcel, lab), also);
                self.open_boxes(&boxes).await
            }
            Task::Bench { lab } => self.bench(lab).await,
            Task::Read { plate } => self.read_plate(plate, false).await,
            Task::Confirm { plate } => self.read_plate(plate, true).await,
            Task::Found { tube } => self.found(tube).await,
            Task::Desk => self.desk().await,
            Task::Cases { area } => self.cases(area).await,
            Task::Report { case } => self.report_case(case).await,
            Task::Examine { case } => self.examine(case).await,
            Task::WardRound { area } => self.ward_round(area).await,
            Task::Settle { area } => self.settle(area).await,
            Task::Visits { area } => self.visits(area).await,
            Task::Knock { community, area } => {
                let also = |task: &Task| match task {
                    Task::Knock { community, area } => Some((community.clone(), *area)),
                    _ => None,
                };
                let communities = self.with_others((community, area), also);
                self.knock(&communities).await
            }
            Task::Beds => self.beds().await,
            Task::Drive { vehicle } => self.drive(vehicle).await,
            Task::CleanVehicle { vehicle } => self.clean_vehicle(vehicle).await,
            Task::TakeIn { ward } => self.take_in_people(ward).await,
            Task::WardHour { ward } => self.ward_hour(ward).await,
            Task::BedsideRound { ward } => self.bedside_round(ward).await,
            Task::CloseRound { round } => self.close_round(round).await,
            Task::Trace { area } => self.trace(area).await,
            Task::OnSite { case } => self.on_site(case).await,
            Task::Interview { case } => self.interview(case).await,
            Task::FullReport { case } => self.full_report(case).await,
            Task::FetchContact { contact } => self.fetch_contact(contact).await,
            Task::FollowUp { area } => self.follow_up(area).await,
            Task::LetContactsGo { area } => self.let_contacts_go(area).await,
            Task::HomeOver { area } => self.end_time_at_home(area).await,
            Task::Zones => self.zones().await,
            Task::WatchZones => self.watch_zones().await,
            Task::OrderSweeps { area } => self.order_sweeps(area).await,
            Task::Walk { area } => {
                self.walk(area);
                Ok(())
            }
            Task::Sweep { community, area } => self.sweep(&community, area).await,
            Task::Zero => self.zero().await,
            Task::Supply(task) => self.supply(task).await,
            Task::Dusk(day) => self.dusk(day).await,
        }
    }
}
