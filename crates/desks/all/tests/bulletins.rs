//! Bulletins from line lists that match what was published in Jilin in spring 2022: held against the
//! list line by line, frozen, and corrected in the open.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use analytics::bulletin::{ReportWindow, Streak, streak};
use cases::{LineLists, Measure, Observation, Observe};
use command::{Bulletin, Difference, Document, Public, PublishBulletin, views};
use desks::{Command, House};
use jiff::civil::Date;
use ledger::{Actor, Engine, EngineConfig, Envelope, Outcome, Priority, Status, audit};
use protocol::Protocol;
use registry::import::Kind;
use registry::import::jobs::{JobState, Jobs, NewJob};
use registry::seal::Keys;
use store::testkit::TestBed;
use store::{Connection, Store, StoreConfig, both_stores};
use types::{AreaCode, AreaScope, CommandId, Micros, Span, UnitId};
use uuid::Uuid;

const HEAD: &str = "Case ID,Name,Case classification,Severity,Date of report,Found in,Place,Outcome,Date of outcome\n";

struct Province {
    engine: Engine<House>,
    jobs: Jobs<House>,
    bed: TestBed,
    clock: Arc<AtomicI64>,
}

/// A list that grows by counts.
#[derive(Default)]
struct List {
    text: String,
    n: u32,
}

/// What a group of people has in common.
#[derive(Clone, Copy)]
struct Row<'a> {
    class: &'a str,
    severity: &'a str,
    day: &'a str,
    found_in: &'a str,
    place: &'a str,
    left: Option<(&'a str, &'a str)>,
}

impl<'a> Row<'a> {
    fn new(class: &'a str, day: &'a str, place: &'a str) -> Row<'a> {
        let ill = ["confirmed", "converted"].contains(&class);
        let severity = if ill { "mild" } else { "" };
        Row { class, severity, day, found_in: "locked", place, left: None }
    }
}

impl List {
    fn add(&mut self, n: i64, row: Row<'_>) {
        for _ in 0..n {
            self.n += 1;
            let name: String = [self.n % 5_000, self.n / 5_000 + 6_000]
                .into_iter()
                .filter_map(|k| char::from_u32(0x4e00 + k))
                .collect();
            let (how, when) = row.left.unwrap_or_default();
            let Row { class, severity, day, found_in, place, .. } = row;
            writeln!(
                self.text,
                "L-{},{name},{class},{severity},{day},{found_in},{place},{how},{when}",
                self.n
            )
            .expect("text grows");
        }
    }
}

fn scope(text: &str) -> AreaScope {
    AreaScope::parse(text).expect("a scope")
}

fn area(n: u32) -> AreaCode {
    AreaCode::new(n).expect("six digits")
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

impl Province {
    async fn new(bed: TestBed) -> Province {
        let store = bed.open(&desks::schemas()).await.expect("opens");
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let start = Micros::parse("2022-05-01T08:00:00+08:00").expect("a time");
        let clock = Arc::new(AtomicI64::new(start.0));
        let ticks = clock.clone();
        let config = EngineConfig {
            queue: 10_000,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: Arc::new(move || Micros(ticks.fetch_add(1, Ordering::Relaxed))),
        };
        let engine = Engine::start(store, House::new(protocol), config).await.expect("starts");
        let keys = Keys::ephemeral().expect("keys");
        let dir = bed.dir().join("imports");
        let lists = vec![Arc::new(LineLists) as _];
        let jobs = Jobs::open_with(engine.clone(), keys, &dir, lists).expect("opens");
        Province { engine, jobs, bed, clock }
    }

    async fn import(&self, list: &List) {
        let mut incoming = self.jobs.begin().expect("begins");
        incoming.write_all(HEAD.as_bytes()).expect("writes");
        incoming.write_all(list.text.as_bytes()).expect("writes");
        let file = incoming.finish().expect("finishes");
        let new = NewJob {
            file,
            kind: Kind::Cases,
            scope: scope("22"),
            file_name: "list.csv".into(),
            actor: Actor { user: "province".into(), holder: None },
        };
        self.jobs.add(new).await.expect("adds");
        assert!(self.jobs.start(file.id, false).await.expect("starts"));
        if let Some(mut live) = self.jobs.watch(file.id) {
            while live.changed().await.is_ok() {}
        }
        let job = self.jobs.job(file.id).await.expect("reads").expect("known");
        let totals = job.progress.totals;
        assert_eq!(job.state, JobState::Done, "{:?}", job.error);
        assert_eq!((totals.accepted, totals.rejected), (u64::from(list.n), 0), "{totals:?}");
    }

    async fn db(&self) -> Connection {
        self.engine.store().reader().await.expect("reader")
    }

    async fn send(&self, area: AreaCode, command: impl Into<Command>) -> Outcome {
        let now = Micros(self.clock.load(Ordering::Relaxed));
        let envelope = Envelope {
            id: CommandId(Uuid::now_v7()),
            area,
            event_time: now,
            clock_offset: Span(0),
            device: None,
            actor: Actor { user: "commander".into(), holder: None },
            command: command.into(),
        };
        let outcomes = self.engine.submit(Priority::Normal, vec![envelope]).await.expect("written");
        outcomes.into_iter().next().expect("an outcome")
    }

    /// What somebody reads before publishing, and the command that publishes it.
    async fn draft(&self, of: AreaScope, date: &str) -> PublishBulletin {
        let mut publish = PublishBulletin {
            scope: of,
            window: ReportWindow::whole(day(date)),
            utc_offset_minutes: 480,
            publisher: "吉林省卫生健康委员会".into(),
            seen: Vec::new(),
            corrects: None,
            note: String::new(),
        };
        let (from, until) = publish.bounds().expect("a window");
        let window = cases::views::Window { scope: of, from, until, as_of: None };
        let figures = cases::views::figures(&mut self.db().await, &window).await.expect("figures");
        let measures = [
            Measure::Confirmed,
            Measure::Converted,
            Measure::Asymptomatic,
            Measure::Discharged,
            Measure::Released,
            Measure::Died,
        ];
        publish.seen = measures.iter().map(|m| (*m, figures.total(*m))).collect();
        publish
    }

    async fn differences(&self, publish: &PublishBulletin) -> Vec<Difference> {
        let (from, until) = publish.bounds().expect("a window");
        let offset = publish.offset().expect("an offset");
        let basis = views::basis(&mut self.db().await, publish.scope, from, until).await;
        basis.expect("a basis").differences(publish.window, offset)
    }

    async fn published(&self, publish: &PublishBulletin) -> Bulletin {
        let (from, until) = publish.bounds().expect("a window");
        let found = views::bulletin_of(&mut self.db().await, publish.scope, from, until).await;
        found.expect("reads").expect("published")
    }

    /// Publishes the bulletin of a day; it must be fit for it.
    async fn publish(&self, of: AreaScope, under: AreaCode, date: &str) -> Document {
        let publish = self.draft(of, date).await;
        assert_eq!(self.differences(&publish).await, []);
        let outcome = self.send(under, command::Command::PublishBulletin(publish.clone())).await;
        assert_eq!(outcome.status, Status::Accepted, "{:?}", outcome.refusal);
        self.published(&publish).await.document
    }

    async fn is_clean(&self) {
        let path = self.bed.dir().join(format!("shadow-{}.sqlite", Uuid::now_v7()));
        let shadow = StoreConfig::throwaway(format!("sqlite:{}", path.display()));
        let schemas = desks::schemas();
        let shadow = Store::open(shadow, &schemas).await.expect("a shadow");
        let report =
            audit::run(self.engine.desk(), self.engine.store(), &shadow, &schemas, |_, _| ());
        let report = report.await.expect("audited");
        assert!(report.is_clean(), "{report:#?}");
    }
}

fn code(outcome: &Outcome) -> String {
    outcome.refusal.as_ref().map_or_else(|| "accepted".to_owned(), |r| r.code.to_string())
}

both_stores! {
    /// 9 April 2022: 242 confirmed and 755 asymptomatic in Jilin province (its health commission, 10
    /// April). How they spread over counties and places is made up here.
    async fn jilin_province_on_9_april_2022(bed: TestBed) {
        let province = Province::new(bed).await;
        let mut list = List::default();
        let on = "2022-04-09";
        let mut of = |n, class, place, found_in| {
            list.add(n, Row { found_in, ..Row::new(class, on, place) });
        };
        of(100, "confirmed", "220102", "quarantine");
        of(30, "converted", "220102", "quarantine");
        of(60, "confirmed", "220104", "locked");
        of(10, "converted", "220104", "locked");
        of(38, "confirmed", "220202", "quarantine");
        of(4, "confirmed", "220322", "community");
        of(500, "asymptomatic", "220102", "quarantine");
        of(250, "asymptomatic", "220104", "locked");
        of(3, "asymptomatic", "220202", "controlled");
        of(2, "asymptomatic", "220322", "community");
        // The days around it, which belong to other bulletins.
        list.add(9, Row::new("confirmed", "2022-04-10", "220102"));
        list.add(21, Row { left: Some(("discharged", on)), ..Row::new("confirmed", "2022-03-28", "220202") });
        list.add(34, Row { left: Some(("released", on)), ..Row::new("asymptomatic", "2022-03-30", "220202") });
        province.import(&list).await;

        let (whole, under) = (scope("22"), area(220_102));
        let document = province.publish(whole, under, on).await;
        assert_eq!(document.of_window(Measure::Confirmed), 242);
        assert_eq!(document.of_window(Measure::Asymptomatic), 755);
        assert_eq!(document.of_window(Measure::Converted), 40);
        assert_eq!(document.infections_in(whole), 957);
        assert_eq!((document.of_window(Measure::Discharged), document.of_window(Measure::Released)), (21, 34));
        assert_eq!((document.no, document.correction), (1, 0));
        // The cities add up to the province, and so do the places.
        let cities = document.parts();
        assert_eq!(cities, [scope("2201"), scope("2202"), scope("2203")]);
        let sum: i64 = cities.iter().map(|c| document.new_in(*c, Measure::Confirmed)).sum();
        assert_eq!(sum, 242);
        assert_eq!(document.severity(cases::Severity::Mild), 242);
        // Converted cases whose list did not know them as asymptomatic are not taken off twice.
        assert_eq!(document.still_asymptomatic_in(whole), 755 + 34);
        assert_eq!(document.open_in(whole), 242 + 21 + 755 + 34 - 21 - 34);

        // Every figure opens into as many cases as it says.
        let publish = province.draft(whole, on).await;
        let bulletin = province.published(&publish).await;
        let lines = views::frozen(&mut province.db().await, &bulletin).await.expect("lines");
        for measure in [Measure::Confirmed, Measure::Converted, Measure::Asymptomatic, Measure::Discharged] {
            let behind = lines.iter().filter(|line| line.measures.contains(&measure)).count() as i64;
            assert_eq!(behind, document.of_window(measure), "{measure}");
        }

        // What the public sees: nobody of four in one county is told apart.
        let public = Public::of(&document);
        let table = public.table(Measure::Confirmed).expect("a table");
        assert_eq!(table.total, 242);
        let rows = table.rows.as_ref().expect("rows");
        let shown = |part: &str| {
            let row = rows.iter().find(|(area, _)| *area == scope(part));
            row.and_then(|(_, cells)| cells.last().copied())
        };
        assert_eq!(shown("2203"), Some(analytics::bulletin::Cell::Small));
        assert_ne!(shown("2202"), Some(analytics::bulletin::Cell::Published(38)), "else 4 follows");
        assert_eq!(shown("2201"), Some(analytics::bulletin::Cell::Published(200)));

        // It is published once.
        let again = province.send(under, command::Command::PublishBulletin(publish.clone())).await;
        assert_eq!(code(&again), "bulletin-published");
        let same = PublishBulletin {
            corrects: Some(bulletin.id),
            note: "nothing new".into(),
            ..publish.clone()
        };
        let same = province.send(under, command::Command::PublishBulletin(same)).await;
        assert_eq!(code(&same), "bulletin-nothing-to-correct");

        // One more becomes known: what was published stays, and only what was read is published.
        let mut late = List::default();
        late.add(1, Row { found_in: "community", ..Row::new("confirmed", on, "220203") });
        province.import(&late).await;
        assert_eq!(province.published(&publish).await.document, document, "frozen");
        let unread = PublishBulletin { corrects: Some(bulletin.id), note: "late".into(), ..publish.clone() };
        let unread = province.send(under, command::Command::PublishBulletin(unread)).await;
        assert_eq!(code(&unread), "bulletin-figures-changed");
        let silent = PublishBulletin { corrects: Some(bulletin.id), ..province.draft(whole, on).await };
        let outcome = province.send(under, command::Command::PublishBulletin(silent.clone())).await;
        assert_eq!(code(&outcome), "note-needed");
        let correction = PublishBulletin { note: "One case reported late".into(), ..silent };
        let outcome = province.send(under, command::Command::PublishBulletin(correction.clone())).await;
        assert_eq!(code(&outcome), "accepted");
        let corrected = province.published(&publish).await;
        assert_eq!((corrected.document.no, corrected.document.correction), (1, 1));
        assert_eq!(corrected.document.differs(&document), [(Measure::Confirmed, 243, 242)]);
        let first = views::bulletin(&mut province.db().await, bulletin.id).await.expect("reads");
        assert_eq!(first.expect("still there").corrected_by, Some(corrected.id));
        // The first cannot be corrected a second time.
        let outcome = province.send(under, command::Command::PublishBulletin(correction)).await;
        assert_eq!(code(&outcome), "bulletin-corrected");
        // The next day has the next number.
        assert_eq!(province.publish(whole, under, "2022-04-10").await.no, 2);
        province.is_clean().await;
    }

    /// Until 7 April Jilin City had 13,517 confirmed and 12,945 asymptomatic infections, 26,462 in all;
    /// 17,465 of them, over 65 %, were discharged or released (press, 10 April 2022). How the 17,465
    /// divide into both is made up; the list is a tenth of it, so that the test is quick, and a county
    /// has what is left of the division.
    async fn over_65_percent_of_jilin_city_had_left(bed: TestBed) {
        let province = Province::new(bed).await;
        let mut list = List::default();
        let (found, left) = ("2022-03-20", "2022-04-07");
        let gone = |how| Some((how, left));
        list.add(30, Row::new("converted", found, "220202"));
        list.add(900, Row { left: gone("discharged"), ..Row::new("confirmed", found, "220202") });
        list.add(421, Row::new("confirmed", found, "220203"));
        list.add(846, Row { left: gone("released"), ..Row::new("asymptomatic", found, "220202") });
        list.add(448, Row::new("asymptomatic", found, "220204"));
        province.import(&list).await;
        let (city, under) = (scope("2202"), area(220_202));
        let document = province.publish(city, under, left).await;
        let running = |measure| document.total_in(city, measure);
        // A tenth of 13,517, of 12,945 and of 17,465.
        assert_eq!((running(Measure::Confirmed), document.still_asymptomatic_in(city)), (1_351, 1_294));
        assert_eq!(document.recovered_in(city), 1_746);
        assert_eq!((document.of_window(Measure::Discharged), document.of_window(Measure::Released)), (900, 846));
        let share = document.recovered_in(city) as f64 / document.infections_total_in(city) as f64;
        assert!(share > 0.65 && share < 0.67, "{share}");
        assert_eq!(document.open_in(city), 2_645 - 1_746);
        // As of the day before nobody had left.
        let before = province.publish(city, under, "2022-04-06").await;
        assert_eq!(before.recovered_in(city), 0);
        province.is_clean().await;
    }

    /// On eight days in a row until 8 April 2022 more people left hospital and isolation in Jilin City
    /// than were found; on 31 March it was the other way round.
    async fn discharges_exceed_new_infections_on_8_days_in_a_row(bed: TestBed) {
        let province = Province::new(bed).await;
        let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/jilin_city_2022.csv"));
        let file = file.expect("the days");
        let days: Vec<Vec<&str>> = file.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let number = |text: &str| text.trim_end_matches('*').parse::<i64>().expect("a number");
        let mut list = List::default();
        for row in &days {
            let on = row[0];
            let [confirmed, converted, asymptomatic, discharged, released] =
                [1, 2, 3, 4, 5].map(|n| number(row[n]));
            list.add(confirmed - converted, Row::new("confirmed", on, "220202"));
            list.add(converted, Row::new("converted", on, "220202"));
            list.add(asymptomatic, Row::new("asymptomatic", on, "220204"));
            let before = "2022-03-10";
            list.add(discharged, Row { left: Some(("discharged", on)), ..Row::new("confirmed", before, "220202") });
            list.add(released, Row { left: Some(("released", on)), ..Row::new("asymptomatic", before, "220203") });
        }
        province.import(&list).await;
        let (mut new, mut gone) = (BTreeMap::new(), BTreeMap::new());
        let city = scope("2202");
        for row in &days {
            let document = province.publish(city, area(220_202), row[0]).await;
            for (n, measure) in [
                (1, Measure::Confirmed),
                (2, Measure::Converted),
                (3, Measure::Asymptomatic),
                (4, Measure::Discharged),
                (5, Measure::Released),
            ] {
                assert_eq!(document.of_window(measure), number(row[n]), "{} {measure}", row[0]);
            }
            let left = document.of_window(Measure::Discharged) + document.of_window(Measure::Released);
            new.insert(day(row[0]), document.infections_in(city) as u64);
            gone.insert(day(row[0]), left as u64);
        }
        assert_eq!(streak(&gone, &new, day("2022-04-08")), Streak { days: 8, closed: true });
    }

    /// What contradicts itself stops the bulletin, and is named; when it is put right nothing is in the
    /// way any more.
    async fn what_does_not_fit_is_named_and_stops_the_bulletin(bed: TestBed) {
        let province = Province::new(bed).await;
        let mut list = List::default();
        let on = "2022-04-09";
        list.add(3, Row::new("asymptomatic", on, "220202"));
        // Nobody dies as an asymptomatic infection: the class has been overlooked.
        list.add(1, Row { left: Some(("died", on)), ..Row::new("asymptomatic", "2022-04-01", "220202") });
        list.add(2, Row::new("positive", on, "220202"));
        province.import(&list).await;
        let county = scope("220202");
        let publish = province.draft(county, on).await;
        let differences = province.differences(&publish).await;
        let [Difference::Case { case, .. }, ..] = differences.as_slice() else {
            panic!("{differences:?}")
        };
        let case: UnitId = *case;
        let told = |publish: PublishBulletin| command::Command::PublishBulletin(publish);
        let outcome = province.send(area(220_202), told(publish.clone())).await;
        assert_eq!(code(&outcome), "bulletin-differs");
        // A window that is not over, a country, somebody else's county.
        let future = PublishBulletin { window: ReportWindow::whole(day("2022-05-02")), ..publish.clone() };
        assert_eq!(code(&province.send(area(220_202), told(future)).await), "window-not-over");
        let wide = PublishBulletin { scope: AreaScope::ALL, ..publish.clone() };
        assert_eq!(code(&province.send(area(220_202), told(wide)).await), "bulletin-scope");
        assert_eq!(code(&province.send(area(220_102), told(publish)).await), "scope-without-county");
        // Symptoms had been seen: with them the case is a confirmed one, and its death counts.
        let seen = Observation { symptoms: Some(vec!["cough".into()]), ..Observation::default() };
        let observe = cases::Command::Observe(Observe { case, observation: seen });
        let envelope = Envelope {
            id: CommandId(Uuid::now_v7()),
            area: area(220_202),
            event_time: Micros::parse("2022-04-05T10:00:00+08:00").expect("a time"),
            clock_offset: Span(0),
            device: None,
            actor: Actor { user: "district".into(), holder: None },
            command: Command::from(observe),
        };
        let outcomes = province.engine.submit(Priority::Normal, vec![envelope]).await.expect("written");
        assert_eq!(code(&outcomes[0]), "accepted");
        let document = province.publish(county, area(220_202), on).await;
        assert_eq!((document.of_window(Measure::Died), document.of_window(Measure::Asymptomatic)), (1, 3));
        assert_eq!(document.unexamined, 2, "they come with a later bulletin");
        province.is_clean().await;
    }
}
