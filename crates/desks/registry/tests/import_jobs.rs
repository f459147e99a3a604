//! Imports as jobs: kept, listed, stopped, gone on with, and their rows downloaded.

#[path = "common/world.rs"]
mod world;

use std::io::Write;

use ledger::{Operation, Priority};
use registry::import::jobs::{Job, JobState, Jobs, NewJob, Settings};
use registry::import::{Kind, RowStatus};
use registry::{Registry, views};
use store::testkit::TestBed;
use types::AreaScope;
use uuid::Uuid;
use world::{ENTRANCE, World, actor, number};

const HEADER: &str = "姓名,证件号码,联系电话,地址编码,门牌号,备注";

fn row(name: &str, n: u32, door: u32) -> String {
    format!("{name},{},138{n:08},{ENTRANCE},{door},\"甲,乙\"\n", number(n))
}

fn jobs(world: &World) -> Jobs<Registry> {
    let dir = world.bed.dir().join("imports");
    Jobs::open(world.engine.clone(), world.keys.clone(), &dir).expect("opens")
}

async fn bring(jobs: &Jobs<Registry>, text: &str) -> Uuid {
    let (id, mut writer) = jobs.begin().expect("begins");
    writer.write_all(text.as_bytes()).expect("writes");
    let bytes = writer.finish().expect("finishes");
    let new = NewJob {
        id,
        kind: Kind::Persons,
        scope: AreaScope::parse("2202").expect("a scope"),
        file_name: "名册.csv".into(),
        bytes,
        actor: actor(),
    };
    jobs.add(new).await.expect("adds");
    id
}

/// Waits until nothing runs any more.
async fn ended(jobs: &Jobs<Registry>, id: Uuid) -> Job {
    if let Some(mut live) = jobs.watch(id) {
        while live.changed().await.is_ok() {}
    }
    jobs.job(id).await.expect("reads").expect("known")
}

async fn residents(world: &World) -> i64 {
    let mut db = world.engine.store().reader().await.expect("reader");
    views::county_counts(&mut db, AreaScope::ALL)
        .await
        .expect("reads")
        .iter()
        .map(|c| c.persons)
        .sum()
}

async fn csv(jobs: &Jobs<Registry>, id: Uuid) -> String {
    let (mut pieces, mut bytes) = (jobs.csv(id, true), Vec::new());
    while let Some(piece) = pieces.recv().await {
        bytes.extend(piece.expect("a piece"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

store::both_stores! {
    async fn an_import_is_rehearsed_run_and_its_rest_downloaded(bed: TestBed) {
        let world = World::with_places(bed).await;
        let jobs = jobs(&world);
        let text = format!(
            "{HEADER}\n{}{}{}王五,110105194912310021,,{ENTRANCE},1,\n",
            row("张三", 1, 101), row("李四", 2, 101), row("张三", 1, 101),
        );
        let id = bring(&jobs, &text).await;
        let job = jobs.job(id).await.expect("reads").expect("known");
        assert_eq!((job.state, job.bytes), (JobState::Uploaded, text.len() as u64));
        let seen = jobs.inspect(&job, &Settings::default()).await.expect("inspects");
        assert!(seen.is_usable());
        assert_eq!((seen.encoding, seen.delimiter), (Some("UTF-8"), Some(',')));
        assert_eq!(seen.tables[0].columns[5], None);
        assert_eq!(seen.tables[0].sample[0][5], "甲,乙");

        assert!(jobs.start(id, true).await.expect("starts"));
        let job = ended(&jobs, id).await;
        assert_eq!((job.state, job.progress.totals.accepted), (JobState::Rehearsed, 2));
        assert_eq!(residents(&world).await, 0);
        assert!(jobs.start(id, false).await.expect("starts"));
        let job = ended(&jobs, id).await;
        assert_eq!((job.state, job.dry_run, job.error.clone()), (JobState::Done, false, None));
        let totals = job.progress.totals;
        assert_eq!((totals.rows, totals.accepted, totals.duplicate, totals.rejected), (4, 2, 1, 1));
        assert_eq!((job.progress.done, job.progress.of), (job.bytes, job.bytes));
        assert_eq!(residents(&world).await, 2);
        assert!(!jobs.start(id, false).await.expect("asks"), "what is done is done");

        let rules = jobs.rules(id).await.expect("reads");
        assert_eq!(rules, [
            (RowStatus::Rejected, "id-number-check".to_owned(), 1),
            (RowStatus::Repeated, "person-repeated".to_owned(), 1),
        ]);
        let page = jobs.remarks(id, 0, Some(RowStatus::Rejected), 10).await.expect("reads");
        assert_eq!((page.len(), page[0].0, page[0].1.line), (1, 4, 5));
        assert_eq!(page[0].1.cells[1], "110105194912310021");
        let text = csv(&jobs, id).await;
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], format!("{HEADER},工作表,行号,状态,字段,原因,原因(英文)"));
        assert!(lines[1].starts_with("张三,") && lines[1].contains("\"甲,乙\",,4,文件内重复,id_number,"));
        assert!(lines[2].ends_with("the check digit is wrong: compare with the document"));

        let files = std::fs::read_dir(world.bed.dir().join("imports")).expect("a directory").count();
        assert_eq!(files, 0, "the file goes when its people are in the registry");
        jobs.forget(id).await.expect("forgets");
        assert!(jobs.remarks(id, 0, None, 10).await.expect("reads").is_empty());
        assert!(jobs.job(id).await.expect("reads").is_some());
        world.audit_is_clean().await;
    }

    async fn a_stopped_import_goes_on_after_a_restart(bed: TestBed) {
        let world = World::with_places(bed).await;
        let first = jobs(&world);
        let rows: String = (0..9_000).map(|n| row("某人", n, n / 3)).collect();
        let id = bring(&first, &format!("{HEADER}\n{rows}")).await;
        assert!(first.start(id, false).await.expect("starts"));
        assert!(!first.start(id, false).await.expect("asks"), "it is running already");
        assert!(first.cancel(id));
        let job = ended(&first, id).await;
        assert_eq!(job.state, JobState::Cancelled);
        assert!(residents(&world).await < 9_000);
        // As after a crash: the store says that it runs, and nobody runs it.
        let running = vec![
            id.into_bytes().into(),
            "running".into(),
            store::Value::Null,
            "[]".into(),
            world.engine.now().into(),
        ];
        let running = vec![Operation::Execute(&registry::tables::JOB_STATE, running)];
        world.engine.operate(Priority::Bulk, running).await.expect("writes");
        let again = jobs(&world);
        assert_eq!(again.resume().await.expect("resumes"), 1);
        assert_eq!(again.resume().await.expect("asks"), 0, "it is running");
        assert_eq!(ended(&again, id).await.state, JobState::Done);
        assert_eq!(residents(&world).await, 9_000);
        world.audit_is_clean().await;
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_with_a_sentence() {
    let world = World::with_places(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let jobs = jobs(&world);
    let id = bring(&jobs, "姓名,电话\n张三,1\n").await;
    assert!(jobs.start(id, false).await.expect("starts"));
    let job = ended(&jobs, id).await;
    assert_eq!(job.state, JobState::Failed);
    assert_eq!(job.error.as_deref(), Some("the table has no column for: id_number, place, door"));
    // With the columns named by hand it goes, as far as its rows do.
    let settings = Settings {
        choices: [("电话".to_owned(), Some(registry::import::columns::Field::IdNumber))].into(),
        place: Some(world::place(ENTRANCE)),
        today: None,
    };
    jobs.configure(id, &settings).await.expect("keeps");
    assert_eq!(jobs.job(id).await.expect("reads").expect("known").settings, settings);
    let elsewhere = AreaScope::parse("220203").expect("a scope");
    assert!(jobs.list(elsewhere, 10).await.expect("lists").is_empty());
    assert_eq!(jobs.list(AreaScope::ALL, 10).await.expect("lists").len(), 1);
    assert!(job.warnings.is_empty());
}
