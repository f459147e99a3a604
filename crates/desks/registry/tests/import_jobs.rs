//! Imports as jobs: kept, listed, stopped, gone on with, and their rows downloaded.

#[path = "common/world.rs"]
mod world;

use std::io::Write;

use ledger::{Operation, Priority};
use registry::import::columns::Field;
use registry::import::jobs::{Job, JobState, Jobs, NewJob, Settings};
use registry::import::{Kind, RowStatus, Wanted};
use registry::sealed_file::SealedWriter;
use registry::{Registry, views};
use store::testkit::TestBed;
use types::{AreaScope, Span};
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

/// A compound that is registered later.
const LATER: &str = "220202001001-04";

/// The store says that an import runs, and nobody runs it.
async fn set_running(world: &World, id: Uuid) {
    let running = vec![
        id.into_bytes().into(),
        "running".into(),
        store::Value::Null,
        "[]".into(),
        world.engine.now().into(),
    ];
    let running = vec![Operation::Execute(&registry::tables::JOB_STATE, running)];
    world.engine.operate(Priority::Bulk, running).await.expect("writes");
}

/// Brings a file back under the id that it had.
async fn bring_as(jobs: &Jobs<Registry>, world: &World, text: &str, id: Uuid) {
    let path = world.bed.dir().join("imports").join(format!("{id}.sealed"));
    let mut writer = SealedWriter::create(&path, id, &world.keys).expect("creates");
    writer.write_all(text.as_bytes()).expect("writes");
    writer.finish().expect("finishes");
    assert!(jobs.job(id).await.expect("reads").is_some());
}

async fn bring(jobs: &Jobs<Registry>, text: &str) -> Uuid {
    let mut incoming = jobs.begin().expect("begins");
    incoming.write_all(text.as_bytes()).expect("writes");
    let file = incoming.finish().expect("finishes");
    let new = NewJob {
        file,
        kind: Kind::Persons,
        scope: AreaScope::parse("2202").expect("a scope"),
        file_name: "名册.csv".into(),
        actor: actor(),
    };
    jobs.add(new).await.expect("adds");
    file.id
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
    let (mut pieces, mut bytes) = (jobs.csv(id, Wanted::default(), true), Vec::new());
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
        let rejected = Wanted { status: Some(RowStatus::Rejected), rule: None };
        let page = jobs.remarks(id, 0, &rejected, 10).await.expect("reads");
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
        assert!(jobs.forget(id).await.expect("forgets"));
        assert!(jobs.remarks(id, 0, &Wanted::default(), 10).await.expect("reads").is_empty());
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
        set_running(&world, id).await;
        let again = jobs(&world);
        assert_eq!(again.resume().await.expect("resumes"), [id]);
        assert_eq!(again.resume().await.expect("asks"), [] as [Uuid; 0], "it is running");
        assert_eq!(ended(&again, id).await.state, JobState::Done);
        assert_eq!(residents(&world).await, 9_000);
        world.audit_is_clean().await;
    }
}

store::both_stores! {
    async fn rows_that_become_sound_between_two_runs_are_taken_in_by_the_second(bed: TestBed) {
        let world = World::with_places(bed).await;
        let jobs = jobs(&world);
        // Two rows of a compound that is not registered yet, among others of the same chunk, one of
        // them of a person without papers.
        let text = format!(
            "姓名,证件号码,证件类型,地址编码,门牌号\n张三,{},,{ENTRANCE},1\n李四,{},,{LATER},1\n小宝,,无,{ENTRANCE},1\n",
            number(1), number(2),
        );
        let id = bring(&jobs, &text).await;
        assert!(jobs.start(id, false).await.expect("starts"));
        let job = ended(&jobs, id).await;
        assert_eq!((job.state, job.progress.totals.rejected), (JobState::Done, 1));
        assert_eq!(residents(&world).await, 2);
        // As after a crash just before the end: the file is still there, and the place has come.
        bring_as(&jobs, &world, &text, id).await;
        world.put_places(&[LATER]).await;
        set_running(&world, id).await;
        assert_eq!(jobs.resume().await.expect("resumes"), [id]);
        let job = ended(&jobs, id).await;
        let totals = job.progress.totals;
        assert_eq!((totals.rows, totals.accepted, totals.duplicate, totals.rejected), (3, 3, 0, 0));
        assert_eq!(residents(&world).await, 3, "who was counted as taken in is there, once");
        world.audit_is_clean().await;
    }

    async fn what_was_begun_in_earnest_is_finished_as_it_was_begun(bed: TestBed) {
        let world = World::with_places(bed).await;
        let jobs = jobs(&world);
        let rows: String = (0..9_000).map(|n| row("某人", n, n / 3)).collect();
        let text = format!("{HEADER}\n{rows}");
        let id = bring(&jobs, &text).await;
        let same = bring(&jobs, &text).await;
        let job = jobs.job(same).await.expect("reads").expect("known");
        let told: Vec<Uuid> =
            jobs.same_file(&job).await.expect("reads").iter().map(|j| j.id).collect();
        assert_eq!(told, [id], "the same file was brought before");
        assert!(jobs.forget(same).await.expect("forgets"));
        let state = jobs.job(same).await.expect("reads").expect("known").state;
        assert_eq!(state, JobState::Discarded);
        assert!(!jobs.start(same, true).await.expect("asks"), "its file is gone");

        assert!(jobs.start(id, false).await.expect("starts"));
        assert!(!jobs.forget(id).await.expect("asks"), "it is at work");
        assert!(jobs.cancel(id));
        let job = ended(&jobs, id).await;
        assert_eq!((job.state, job.is_begun()), (JobState::Cancelled, true));
        let other = Settings { place: Some(world::place(ENTRANCE)), ..Settings::default() };
        assert!(!jobs.configure(id, &other).await.expect("asks"), "its columns stay");
        assert!(!jobs.start(id, true).await.expect("asks"), "nor is it rehearsed");
        assert!(jobs.start(id, false).await.expect("starts"));
        let job = ended(&jobs, id).await;
        assert_eq!((job.state, job.progress.totals.accepted), (JobState::Done, 9_000));
        assert_eq!(residents(&world).await, 9_000);
        assert!(jobs.forget(id).await.expect("forgets"));
        let state = jobs.job(id).await.expect("reads").expect("known").state;
        assert_eq!(state, JobState::Done, "what was done stays done");
        assert_eq!(jobs.list(AreaScope::ALL, None, 1).await.expect("lists")[0].id, same);
        let before = jobs.job(same).await.expect("reads").expect("known").created_at;
        let older = jobs.list(AreaScope::ALL, Some(before), 10).await.expect("lists");
        assert_eq!(older.iter().map(|j| j.id).collect::<Vec<_>>(), [id]);
        assert_eq!(jobs.sweep(Span::days(30)).await.expect("sweeps"), 0);
    }
}

#[tokio::test]
async fn a_header_in_words_of_another_house_can_be_named_by_hand() {
    let world = World::with_places(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let jobs = jobs(&world);
    let text = format!("Bewohner,Ausweis,Anschrift,Tür\n张三,{},{ENTRANCE},1\n", number(1));
    let id = bring(&jobs, &text).await;
    let job = jobs.job(id).await.expect("reads").expect("known");
    let seen = jobs.inspect(&job, &Settings::default()).await.expect("inspects");
    assert_eq!(seen.tables[0].header, ["Bewohner", "Ausweis", "Anschrift", "Tür"]);
    assert!(!seen.is_usable() && seen.has_rows() && !seen.garbled);
    let named =
        [("Bewohner", "name"), ("Ausweis", "id_number"), ("Anschrift", "place"), ("Tür", "door")];
    let choices = named
        .map(|(heading, field)| (heading.to_owned(), Field::parse(Kind::Persons, field)))
        .into();
    let settings = Settings { choices, ..Settings::default() };
    assert!(jobs.inspect(&job, &settings).await.expect("inspects").is_usable());
    assert!(jobs.configure(id, &settings).await.expect("keeps"));
    assert!(jobs.start(id, true).await.expect("starts"));
    assert_eq!(ended(&jobs, id).await.progress.totals.accepted, 1);
    // Without any header the first row is a person already, and is not shown as headings.
    let id = bring(&jobs, &format!("张三,{},{ENTRANCE},1\n", number(1))).await;
    let job = jobs.job(id).await.expect("reads").expect("known");
    let seen = jobs.inspect(&job, &Settings::default()).await.expect("inspects");
    assert_eq!(seen.tables[0].header, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_with_a_sentence() {
    let world = World::with_places(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let jobs = jobs(&world);
    let id = bring(&jobs, "姓名,电话\n张三,1\n").await;
    assert!(jobs.start(id, true).await.expect("starts"));
    let job = ended(&jobs, id).await;
    assert_eq!(job.state, JobState::Failed);
    let error = job.error.clone().expect("an error");
    assert_eq!(error.code, "import-columns-missing");
    assert_eq!(error.args[0].1, "id_number place door");
    // With the columns named by hand it goes, as far as its rows do.
    let settings = Settings {
        choices: [("电话".to_owned(), Some(Field::IdNumber))].into(),
        place: Some(world::place(ENTRANCE)),
        today: None,
    };
    assert!(jobs.configure(id, &settings).await.expect("keeps"));
    assert_eq!(jobs.job(id).await.expect("reads").expect("known").settings, settings);
    let elsewhere = AreaScope::parse("220203").expect("a scope");
    assert!(jobs.list(elsewhere, None, 10).await.expect("lists").is_empty());
    assert_eq!(jobs.list(AreaScope::ALL, None, 10).await.expect("lists").len(), 1);
    assert!(job.warnings.is_empty());
}

#[tokio::test]
async fn a_long_list_is_read_as_a_whole_once_and_by_its_beginning_from_then_on() {
    let world = World::with_places(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let jobs = jobs(&world);
    // The only characters that tell the encoding stand at the very end.
    let mut text = format!("name,id_number,place,door\n{}", "x,1,2,3\n".repeat(300_000));
    text.push_str("张三,1,2,3\n");
    let id = bring(&jobs, &text).await;
    let job = jobs.job(id).await.expect("reads").expect("known");
    let seen = job.text.expect("found on the way in");
    assert_eq!((seen.encoding.name(), seen.lines), ("UTF-8", 300_002));
    // Whoever reads to the end of the file now fails at it.
    let path = world.bed.dir().join("imports").join(format!("{id}.sealed"));
    let mut sealed = std::fs::read(&path).expect("the file");
    let last = sealed.len() - 1;
    sealed[last] ^= 1;
    std::fs::write(&path, &sealed).expect("spoilt");
    for _ in 0..2 {
        let seen = jobs.inspect(&job, &Settings::default()).await.expect("inspects");
        assert!(seen.is_usable(), "{seen:?}");
        assert_eq!(seen.tables[0].sample.len(), 10);
    }
    // One that an earlier version took is read once, and then it is known.
    sealed[last] ^= 1;
    std::fs::write(&path, &sealed).expect("mended");
    let mut writer = world.engine.store().writer().await.expect("a writer");
    writer.batch("UPDATE import_job SET encoding = NULL, lines = NULL").await.expect("older");
    drop(writer);
    let older = jobs.job(id).await.expect("reads").expect("known");
    assert_eq!(older.text, None);
    assert!(jobs.inspect(&older, &Settings::default()).await.expect("inspects").is_usable());
    assert_eq!(jobs.job(id).await.expect("reads").expect("known").text, Some(seen));
}
