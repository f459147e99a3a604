//! The import of people on both stores: accounted for to the row, and finished when it is run
//! again.

#[path = "common/world.rs"]
mod world;

use std::io::Cursor;

use ledger::{Envelope, LedgerError, Outcome};
use proptest::prelude::*;
use registry::command::Command;
use registry::import::persons::{self, Options, Submit};
use registry::import::{
    ImportError, Listener, Progress, Remark, Report, Result, RowStatus, Totals, Warning,
};
use registry::views;
use store::testkit::TestBed;
use types::{AreaScope, Micros};
use uuid::Uuid;
use world::{ENTRANCE, TODAY, VILLAGE, World, actor, number};

#[derive(Default)]
struct Kept {
    remarks: Vec<Remark>,
    progress: Vec<Progress>,
    stop_after: Option<usize>,
}

impl Listener for Kept {
    async fn remarks(&mut self, remarks: Vec<Remark>) -> Result<()> {
        self.remarks.extend(remarks);
        Ok(())
    }

    async fn progress(&mut self, progress: &Progress) -> Result<()> {
        self.progress.push(*progress);
        match self.stop_after {
            Some(n) if self.progress.len() > n => Err(ImportError::Cancelled),
            _ => Ok(()),
        }
    }
}

fn options(import: Uuid) -> Options {
    let scope = AreaScope::parse("2202").expect("a scope");
    Options { chunk_rows: 4, ..Options::new(import, scope, TODAY, actor(), Micros(7)) }
}

async fn import(world: &World, text: &str, options: &Options) -> (Report, Kept) {
    let mut kept = Kept::default();
    let file = Cursor::new(text.to_owned());
    let engine = &world.engine;
    let report = persons::run(engine, engine.store(), &world.keys, file, options, &mut kept).await;
    (report.expect("imports"), kept)
}

async fn residents(world: &World) -> i64 {
    let mut db = world.engine.store().reader().await.expect("reader");
    let roots = views::children(&mut db, None).await.expect("reads");
    roots.iter().map(|r| r.persons).sum()
}

const HEADER: &str = "姓名,证件类型,证件号码,电话,地址编码,门牌号";

fn row(name: &str, n: u32, place: &str, door: &str) -> String {
    format!("{name},,{},138{n:08},{place},{door}", number(n))
}

fn mixed() -> String {
    let rows = [
        row("张三", 1, ENTRANCE, "301"),
        row("李四", 2, ENTRANCE, "301"),
        "王五,,110105194912310021,,220202001001-03,1".to_owned(),
        row("张三", 1, ENTRANCE, "301"),
        row("赵六", 3, VILLAGE, "7"),
        String::new(),
        row("张三", 1, VILLAGE, "8"),
        "婴儿,无,,,220202001001-03-05-2,301".to_owned(),
        row("钱七", 4, "220202001001-99", "1"),
        row("孙八", 5, ENTRANCE, "302"),
    ];
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

store::both_stores! {
    async fn every_row_is_accounted_for(bed: TestBed) {
        let world = World::with_places(bed).await;
        let (report, kept) = import(&world, &mixed(), &options(Uuid::now_v7())).await;
        let expected = Totals {
            rows: 9, accepted: 5, duplicate: 2, repeated: 2, moved: 1, rejected: 2, blank: 2,
        };
        assert_eq!(report.totals, expected);
        assert!(report.warnings.is_empty());
        let told: Vec<(u32, u32, RowStatus, &str)> =
            kept.remarks.iter().map(|r| (r.row, r.line, r.status, &*r.rule)).collect();
        assert_eq!(told, [
            (3, 4, RowStatus::Rejected, "id-number-check"),
            (4, 5, RowStatus::Repeated, "person-repeated"),
            (6, 8, RowStatus::Moved, "person-moved"),
            (8, 10, RowStatus::Rejected, "place-unknown"),
        ]);
        assert_eq!(kept.remarks[1].repeats, Some(1));
        assert_eq!(kept.remarks[0].cells[2], "110105194912310021");
        assert_eq!(residents(&world).await, 5);
        let last = kept.progress.last().expect("told");
        assert_eq!((last.done, last.of), (mixed().len() as u64, mixed().len() as u64));
        world.audit_is_clean().await;
    }

    async fn a_dry_run_says_what_an_import_does_and_changes_nothing(bed: TestBed) {
        let world = World::with_places(bed).await;
        let dry = Options { dry_run: true, ..options(Uuid::now_v7()) };
        let (rehearsed, told) = import(&world, &mixed(), &dry).await;
        assert_eq!(residents(&world).await, 0);
        let (done, also) = import(&world, &mixed(), &options(Uuid::now_v7())).await;
        assert_eq!(rehearsed, done);
        let brief = |kept: &Kept| -> Vec<(u32, RowStatus)> {
            kept.remarks.iter().map(|r| (r.row, r.status)).collect()
        };
        assert_eq!(brief(&told), brief(&also));
        // Afterwards everything is registered.
        let (again, _) = import(&world, &mixed(), &dry).await;
        assert_eq!((again.totals.accepted, again.totals.duplicate), (1, 6));
    }

    async fn an_import_that_broke_off_is_finished_by_running_it_again(bed: TestBed) {
        let world = World::with_places(bed).await;
        let text: String = (0..40)
            .map(|n| row("某人", n % 35, ENTRANCE, &format!("{}", 100 + n / 3)) + "\n")
            .collect();
        let text = format!("{HEADER}\n{text}");
        let options = options(Uuid::now_v7());
        let mut broken = Kept { stop_after: Some(3), ..Kept::default() };
        let file = Cursor::new(text.clone());
        let engine = &world.engine;
        let stopped =
            persons::run(engine, engine.store(), &world.keys, file, &options, &mut broken).await;
        assert!(matches!(stopped, Err(ImportError::Cancelled)), "{stopped:?}");
        let before = residents(&world).await;
        assert!(before >= 12);
        let (report, kept) = import(&world, &text, &options).await;
        assert_eq!((report.totals.rows, report.totals.accepted), (40, 35));
        assert_eq!((report.totals.duplicate, kept.remarks.len()), (5, 5));
        assert_eq!(residents(&world).await, 35);
        // The same once more: the ledger gives the first answers.
        assert_eq!(import(&world, &text, &options).await.0, report);
        assert_eq!(residents(&world).await, 35);
        world.audit_is_clean().await;
    }

    async fn people_registered_before_are_left_alone(bed: TestBed) {
        let world = World::with_places(bed).await;
        let here = types::AreaCode::new(220_202).expect("six digits");
        let at_home = world::identity("张三", 1);
        world.register(here, &at_home, Some(ENTRANCE)).await;
        world.register(here, &world::identity("李四", 2), Some("220202001001-03")).await;
        let text = format!(
            "{HEADER}\n{}\n{}\n",
            row("张三", 1, ENTRANCE, "101"),
            row("李四", 2, ENTRANCE, "101")
        );
        let (report, kept) = import(&world, &text, &options(Uuid::now_v7())).await;
        let told: Vec<RowStatus> = kept.remarks.iter().map(|r| r.status).collect();
        assert_eq!(told, [RowStatus::Duplicate, RowStatus::Moved]);
        assert_eq!((report.totals.duplicate, report.totals.moved), (2, 1));
        assert_eq!(residents(&world).await, 2);
    }
}

fn sqlite() -> TestBed {
    TestBed::new(store::testkit::Kind::Sqlite)
}

#[tokio::test]
async fn a_file_without_the_needed_columns_is_refused_before_anything_happens() {
    let world = World::with_places(sqlite()).await;
    let mut kept = Kept::default();
    for (text, expected) in [
        ("姓名,电话\n张三,138\n", "the table has no column for: id_number, place, door"),
        ("", "the file is not understood: the file is empty"),
        ("\u{0}\u{1}\u{2}", "the file is not understood: this is neither a table nor GeoJSON"),
        (
            "{\"type\":1}",
            "the file is not understood: people are read from CSV or XLSX, not GeoJSON",
        ),
    ] {
        let file = Cursor::new(text.to_owned());
        let engine = &world.engine;
        let options = options(Uuid::now_v7());
        let refused =
            persons::run(engine, engine.store(), &world.keys, file, &options, &mut kept).await;
        assert_eq!(refused.expect_err("refused").to_string(), expected);
    }
    assert_eq!(residents(&world).await, 0);
}

#[tokio::test]
async fn gb18030_is_read_like_utf8() {
    let world = World::with_places(sqlite()).await;
    let text = mixed();
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    let mut kept = Kept::default();
    let engine = &world.engine;
    let file = Cursor::new(bytes.into_owned());
    let options = options(Uuid::now_v7());
    let report = persons::run(engine, engine.store(), &world.keys, file, &options, &mut kept).await;
    assert_eq!(report.expect("imports").totals.accepted, 5);
    let mut db = engine.store().reader().await.expect("reader");
    let place = world::place(ENTRANCE);
    let hits = registry::file::find_by_name(&mut db, &world.keys, &place, "孙八", 5).await;
    assert_eq!(hits.expect("finds").persons.len(), 1);
}

#[tokio::test]
async fn a_workbook_is_read_sheet_by_sheet_and_beyond_65_536_rows() {
    let world = World::with_places(sqlite()).await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let notes = book.add_worksheet();
    notes.set_name("说明").expect("names");
    notes.write(0, 0, "请勿改动表头").expect("writes");
    let sheet = book.add_worksheet();
    sheet.set_name("一").expect("names");
    sheet.write(0, 0, "居民名册").expect("writes");
    for (column, heading) in HEADER.split(',').enumerate() {
        sheet.write(1, column as u16, heading).expect("writes");
    }
    const MANY: u32 = 66_000;
    for n in 0..MANY {
        let at = n + 2;
        sheet.write(at, 0, "某人").expect("writes");
        sheet.write(at, 2, number(n)).expect("writes");
        // As spreadsheets do: a telephone number is a figure.
        sheet.write(at, 3, 13_800_000_000_u64 + u64::from(n)).expect("writes");
        sheet.write(at, 4, ENTRANCE).expect("writes");
        sheet.write(at, 5, n / 3).expect("writes");
    }
    let more = book.add_worksheet();
    for (column, heading) in HEADER.split(',').enumerate() {
        more.write(0, column as u16, heading).expect("writes");
    }
    more.write(1, 0, "末行").expect("writes");
    more.write(1, 2, 220_202_198_001_011_234_u64 as f64).expect("writes");
    more.write(1, 4, VILLAGE).expect("writes");
    more.write(1, 5, 1).expect("writes");
    let bytes = book.save_to_buffer().expect("saves");

    let mut kept = Kept::default();
    let engine = &world.engine;
    let options = Options { chunk_rows: 2_000, ..options(Uuid::now_v7()) };
    let file = Cursor::new(bytes);
    let report = persons::run(engine, engine.store(), &world.keys, file, &options, &mut kept)
        .await
        .expect("imports");
    assert_eq!(report.totals.accepted, u64::from(MANY));
    assert_eq!((report.totals.rows, report.totals.rejected), (u64::from(MANY) + 2, 2));
    assert_eq!(report.warnings, [Warning::NoHeader { sheet: Some("说明".into()) }]);
    assert_eq!(&*kept.remarks[0].rule, "columns-missing");
    assert_eq!((&*kept.remarks[1].rule, kept.remarks[1].line), ("id-number-rounded", 2));
    assert_eq!(kept.remarks[1].head.sheet.as_deref(), Some("Sheet3"));
    assert_eq!(residents(&world).await, i64::from(MANY));
}

#[tokio::test]
async fn a_table_that_is_exactly_full_is_pointed_out() {
    let world = World::with_places(sqlite()).await;
    let mut text = format!("{HEADER}\n");
    for _ in 1..65_536 {
        text.push_str("张三,,1,,220202001001,1\n");
    }
    let options = Options { chunk_rows: 2_000, ..options(Uuid::now_v7()) };
    let (report, _) = import(&world, &text, &options).await;
    assert_eq!(report.warnings, [Warning::Full { sheet: None, rows: 65_536 }]);
    assert_eq!(report.totals.rejected, 65_535);
}

/// Loses answers and is overloaded now and then, as a ledger may be.
struct Flaky<'a> {
    world: &'a World,
    calls: std::sync::atomic::AtomicU32,
}

impl Submit for Flaky<'_> {
    async fn submit_bulk(&self, commands: Vec<Envelope<Command>>) -> ledger::Result<Vec<Outcome>> {
        let call = self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if call % 3 == 1 {
            return Err(LedgerError::Overloaded { retry_after_seconds: 0 });
        }
        let outcomes = self.world.engine.submit_bulk(commands).await?;
        if call % 3 == 2 {
            return Err(LedgerError::Unconfirmed("the answer was lost".into()));
        }
        Ok(outcomes)
    }
}

#[tokio::test]
async fn lost_answers_and_overload_neither_lose_nor_double_a_row() {
    let world = World::with_places(sqlite()).await;
    let flaky = Flaky { world: &world, calls: 0.into() };
    let mut kept = Kept::default();
    let options = Options { in_flight: 1, ..options(Uuid::now_v7()) };
    let file = Cursor::new(mixed());
    let store = world.engine.store();
    let report = persons::run(&flaky, store, &world.keys, file, &options, &mut kept).await;
    assert_eq!(report.expect("imports").totals.accepted, 5);
    assert_eq!(residents(&world).await, 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_the_rows_they_add_up_and_the_registry_holds_the_accepted(
        rows in prop::collection::vec((0_u32..12, 0_usize..5, 0_u32..4), 0..40),
        chunk_rows in 1_usize..9,
        workers in 1_usize..4,
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let world = World::with_places(sqlite()).await;
            let mut text = format!("{HEADER}\n");
            for (n, place, door) in &rows {
                let place = [ENTRANCE, VILLAGE, "220202001001-03", "220202001001-99", ""][*place];
                text.push_str(&row("某人", *n, place, &door.to_string()));
                text.push('\n');
            }
            let options = Options { chunk_rows, workers, ..options(Uuid::now_v7()) };
            let (report, kept) = import(&world, &text, &options).await;
            let totals = report.totals;
            prop_assert!(totals.add_up());
            prop_assert_eq!(totals.rows, rows.len() as u64);
            let distinct: std::collections::HashSet<u32> =
                rows.iter().filter(|r| r.1 < 3).map(|r| r.0).collect();
            prop_assert_eq!(totals.accepted, distinct.len() as u64);
            prop_assert_eq!(totals.rejected, rows.iter().filter(|r| r.1 >= 3).count() as u64);
            prop_assert_eq!(residents(&world).await, distinct.len() as i64);
            prop_assert_eq!(kept.remarks.len() as u64, totals.duplicate + totals.rejected);
            Ok(())
        })?;
    }
}
