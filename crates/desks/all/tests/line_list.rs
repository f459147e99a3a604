//! Line lists come in through the registry's imports: rehearsed, taken in once, every row accounted
//! for.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cases::{Class, Ending, LineLists, Measure, Severity, views};
use desks::House;
use ledger::{Actor, Engine, EngineConfig, audit};
use protocol::Protocol;
use registry::import::jobs::{Job, JobState, Jobs, NewJob, Settings};
use registry::import::{Kind, Wanted};
use registry::seal::Keys;
use store::testkit::TestBed;
use store::{Store, StoreConfig, both_stores};
use types::{AreaScope, Micros, Span};
use uuid::Uuid;

/// As WHO's line lists have it, with what ours need besides.
const LIST: &str = "\
Case ID,Name,ID number,Sex,Age,Case classification,Severity,Date of report,Date of onset,Found in,Place,Outcome,Date of outcome
W-1,Wang Min,,F,34,Confirmed,moderate,2022-03-20,2022-03-18,community,220202001001,Discharged,2022-04-05
W-2,Li Lei,,M,61,asymptomatic,,2022-03-20,,quarantine site,220202,,
W-3,Zhao Liu,,M,8,confirmed,severe,2022-03-21,,controlled,220203,,
W-4,Sun Qi,,F,40,perhaps,,2022-03-21,,community,220202,,
W-5,Zhou Ba,,F,40,confirmed,,2022-03-22,,,220202,,
W-6,Wu Jiu,,M,40,confirmed,,2023-03-22,,community,220202,,
W-7,Zheng Shi,,F,40,confirmed,,2022-03-22,,community,110101,,
W-8,Chen Yi,,F,40,confirmed,,2022-03-22,,community,220202,died,2022-03-21
W-9,Wang  Min,,F,34,Confirmed,,2022-03-23,,community,220202,,
";

struct City {
    engine: Engine<House>,
    jobs: Jobs<House>,
    bed: TestBed,
}

impl City {
    async fn new(bed: TestBed) -> City {
        let store = bed.open(&desks::schemas()).await.expect("opens");
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let start = Micros::parse("2022-05-01T08:00:00+08:00").expect("a time");
        let ticks = Arc::new(AtomicI64::new(start.0));
        let clock = Arc::new(move || Micros(ticks.fetch_add(1, Ordering::Relaxed)));
        let config = EngineConfig {
            queue: 10_000,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock,
        };
        let engine = Engine::start(store, House::new(protocol), config).await.expect("starts");
        let keys = Keys::ephemeral().expect("keys");
        let dir = bed.dir().join("imports");
        let lists = vec![Arc::new(LineLists) as _];
        let jobs = Jobs::open_with(engine.clone(), keys, &dir, lists).expect("opens");
        City { engine, jobs, bed }
    }

    async fn bring(&self, text: &str) -> Uuid {
        let mut incoming = self.jobs.begin().expect("begins");
        incoming.write_all(text.as_bytes()).expect("writes");
        let file = incoming.finish().expect("finishes");
        let new = NewJob {
            file,
            kind: Kind::Cases,
            scope: AreaScope::parse("2202").expect("a scope"),
            file_name: "list.csv".into(),
            actor: Actor { user: "district".into(), holder: None },
        };
        self.jobs.add(new).await.expect("adds");
        file.id
    }

    async fn run(&self, id: Uuid, dry_run: bool) -> Job {
        assert!(self.jobs.start(id, dry_run).await.expect("starts"));
        if let Some(mut live) = self.jobs.watch(id) {
            while live.changed().await.is_ok() {}
        }
        self.jobs.job(id).await.expect("reads").expect("known")
    }

    async fn listed(&self) -> Vec<cases::Case> {
        let mut db = self.engine.store().reader().await.expect("reader");
        let filter = views::Filter::of(AreaScope::ALL);
        views::list(&mut db, &filter, None, 100).await.expect("a list")
    }
}

both_stores! {
    async fn a_line_list_is_rehearsed_and_taken_in_once(bed: TestBed) {
        let city = City::new(bed).await;
        let id = city.bring(LIST).await;
        let job = city.jobs.job(id).await.expect("reads").expect("known");
        let seen = city.jobs.inspect(&job, &Settings::default()).await.expect("inspects");
        assert!(seen.is_usable(), "{:?}", seen.tables[0].missing);

        let dry = city.run(id, true).await;
        assert_eq!((dry.state, dry.error.clone()), (JobState::Rehearsed, None));
        assert!(city.listed().await.is_empty(), "a dry run changes nothing");
        let totals = dry.progress.totals;
        assert!(totals.add_up());
        assert_eq!((totals.rows, totals.accepted, totals.rejected), (9, 4, 5));

        let done = city.run(id, false).await;
        assert_eq!((done.state, done.progress.totals), (JobState::Done, totals));
        let listed = city.listed().await;
        let of = |number: &str| listed.iter().find(|c| c.origin == number).expect("a case");
        let first = of("W-1");
        assert_eq!((first.class(), first.severity()), (Class::Confirmed, Some(Severity::Moderate)));
        assert_eq!(first.ending.map(|(ending, _)| ending), Some(Ending::Discharged));
        assert_eq!(first.place().map(|p| p.to_string()).as_deref(), Some("220202001001"));
        assert_eq!(of("W-2").class(), Class::Asymptomatic);
        assert_eq!(of("W-3").area().get(), 220_203);

        // Each row that was left out says by which field and rule.
        let (mut pieces, mut bytes) = (city.jobs.csv(id, Wanted::default(), false), Vec::new());
        while let Some(piece) = pieces.recv().await {
            bytes.extend(piece.expect("a piece"));
        }
        let file = String::from_utf8(bytes).expect("UTF-8");
        for (row, field) in
            [("W-4", "class"), ("W-5", "found_in"), ("W-6", "reported_on"), ("W-7", "place"), ("W-8", "outcome_on")]
        {
            let line = file.lines().find(|line| line.starts_with(row)).expect("the row");
            assert!(line.contains(&format!(",{field},")), "{line}");
        }

        let mut db = city.engine.store().reader().await.expect("reader");
        let from = Micros::parse("2022-03-20T00:00:00+08:00").expect("a time");
        let scope = AreaScope::parse("2202").expect("a scope");
        let window = views::Window { scope, from, until: from + Span::days(2), as_of: None };
        let figures = views::figures(&mut db, &window).await.expect("figures");
        let totals = (figures.total(Measure::Confirmed), figures.total(Measure::Asymptomatic));
        assert_eq!(totals, (2, 1), "of the first two days");

        // The same people in another file: a name and a birth are no number, so they come in, and
        // stand on the list of possible duplicates.
        let again = city.bring(&LIST.replace("W-", "X-")).await;
        let again = city.run(again, false).await;
        assert_eq!(again.progress.totals.accepted, 4);
        let pairs = views::pairs(&mut db, AreaScope::ALL, None, 10).await.expect("pairs");
        // Two lines of the first list are one woman; so are the two of the second, and each of them
        // and each of the first. The other two are there twice.
        assert_eq!(pairs.len(), 1 + 1 + 4 + 2);

        let path = city.bed.dir().join("shadow.sqlite");
        let shadow = StoreConfig::throwaway(format!("sqlite:{}", path.display()));
        let schemas = desks::schemas();
        let shadow = Store::open(shadow, &schemas).await.expect("a shadow");
        let report =
            audit::run(city.engine.desk(), city.engine.store(), &shadow, &schemas, |_, _| ());
        let report = report.await.expect("audited");
        assert!(report.is_clean(), "{report:#?}");
    }
}
