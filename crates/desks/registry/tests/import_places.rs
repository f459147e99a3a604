//! The import of places from CSV, workbook and GeoJSON.

#[path = "common/world.rs"]
mod world;

use std::io::Cursor;

use registry::import::places::{self, Options};
use registry::import::{
    Format, Kind, Listener, Progress, Remark, Report, Result, columns::Choices, inspect,
};
use registry::views;
use store::testkit::{Kind as StoreKind, TestBed};
use types::{AreaScope, Micros};
use uuid::Uuid;
use world::{World, actor, place};

#[derive(Default)]
struct Kept(Vec<Remark>);

impl Listener for Kept {
    async fn remarks(&mut self, remarks: Vec<Remark>) -> Result<()> {
        self.0.extend(remarks);
        Ok(())
    }
    async fn progress(&mut self, _: &Progress) -> Result<()> {
        Ok(())
    }
}

fn options(scope: &str) -> Options {
    Options {
        import: Uuid::now_v7(),
        scope: AreaScope::parse(scope).expect("a scope"),
        choices: Choices::new(),
        actor: actor(),
        event_time: Micros(7),
        dry_run: false,
    }
}

async fn import(
    world: &World,
    bytes: impl Into<Vec<u8>>,
    options: &Options,
) -> (Report, Vec<String>) {
    let (mut kept, engine) = (Kept::default(), &world.engine);
    let file = Cursor::new(bytes.into());
    let report = places::run(engine, engine.store(), file, options, &mut kept).await;
    let told = kept.0.iter().map(|r| format!("{} {} {}", r.line, r.field, r.rule)).collect();
    (report.expect("imports"), told)
}

store::both_stores! {
    async fn places_come_in_any_order_and_are_brought_up_to_date(bed: TestBed) {
        let world = World::new(bed).await;
        let text = "code,name,经度,纬度\n\
            220202001001-03,松花小区,126.55,43.85\n\
            220202001001,站前社区,,\n\
            2202,吉林市,,\n\
            220202,昌邑区,126.57,43.88\n\
            22,吉林省,,\n\
            220202001,兴华街道,,\n\
            220203001001,无上级,,\n\
            220202001,兴华街道,,\n\
            2202x,错码,,\n\
            220202002,,,\n\
            220202003,经度错,东经,43\n";
        let (report, told) = import(&world, text, &options("")).await;
        assert_eq!((report.totals.rows, report.totals.accepted), (11, 6));
        assert_eq!(told, [
            "8 code place-parent-unknown",
            "9 code place-twice",
            "10 code place-code-form",
            "11 name_zh place-name-missing",
            "12 lon coordinate-form",
        ]);
        let renamed = "code,name\n220202001,新名街道\n";
        let (report, _) = import(&world, renamed, &options("2202")).await;
        assert_eq!(report.totals.accepted, 1);
        let (report, told) = import(&world, "code,name\n2202,吉林市\n", &options("2202")).await;
        assert_eq!(report.totals.rejected, 1);
        assert_eq!(told, ["2 code area-not-allowed"]);
        let mut db = world.engine.store().reader().await.expect("reader");
        let street = views::place(&mut db, &place("220202001")).await.expect("reads");
        assert_eq!(street.expect("known").name_zh, "新名街道");
        let compound = views::place(&mut db, &place("220202001001-03")).await.expect("reads");
        assert_eq!(compound.expect("known").middle, Some((126.55, 43.85)));
        drop(db);
        world.audit_is_clean().await;
    }

    async fn boundaries_come_from_geojson(bed: TestBed) {
        let world = World::with_places(bed).await;
        let geojson = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"code":"220202","name":"昌邑区","gb":156220202},
             "geometry":{"type":"MultiPolygon","coordinates":[
                [[[126.0,43.0],[127.0,43.0],[127.0,44.0],[126.0,44.0],[126.0,43.0]]],
                [[[128.0,43.0],[128.1,43.0],[128.1,43.1],[128.0,43.0]]]]}},
            {"type":"Feature","properties":{"code":"220202001","name":"兴华街道"},
             "geometry":{"type":"Point","coordinates":[126.5725,43.883333]}},
            {"type":"Feature","properties":{"name":"无编码"},"geometry":null}]}"#;
        let (report, told) = import(&world, geojson, &options("2202")).await;
        assert_eq!((report.totals.rows, report.totals.accepted), (3, 2));
        assert_eq!(told, ["3 code place-code-form"]);
        let mut db = world.engine.store().reader().await.expect("reader");
        let county = views::place(&mut db, &place("220202")).await.expect("reads").expect("known");
        assert_eq!(county.middle, Some((126.5, 43.5)));
        let rings: Vec<Vec<[f64; 2]>> =
            serde_json::from_str(&county.outline.expect("has one")).expect("rings");
        assert_eq!((rings.len(), rings[0].len(), rings[1].len()), (2, 4, 3));
        let street = views::place(&mut db, &place("220202001")).await.expect("reads");
        assert_eq!(street.expect("known").middle, Some((126.5725, 43.883_333)));
        drop(db);
        world.audit_is_clean().await;
    }
}

#[tokio::test]
async fn a_workbook_of_places_is_read_and_a_dry_run_writes_nothing() {
    let world = World::new(TestBed::new(StoreKind::Sqlite)).await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in
        [["区划代码", "名称"], ["22", "吉林省"], ["2202", "吉林市"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write(row as u32, column as u16, *cell).expect("writes");
        }
    }
    // A code that was typed as a figure.
    sheet.write(3, 0, 220_202).expect("writes");
    sheet.write(3, 1, "昌邑区").expect("writes");
    let bytes = book.save_to_buffer().expect("saves");
    let dry = Options { dry_run: true, ..options("") };
    assert_eq!(import(&world, bytes.clone(), &dry).await.0.totals.accepted, 3);
    let mut db = world.engine.store().reader().await.expect("reader");
    assert!(views::children(&mut db, None).await.expect("reads").is_empty());
    drop(db);
    let seen = inspect(Cursor::new(bytes.clone()), Kind::Places, &Choices::new(), false, None);
    let seen = seen.expect("inspects");
    assert_eq!((seen.format, seen.is_usable()), (Format::Xlsx, true));
    assert_eq!(seen.tables[0].sample[2], ["220202", "昌邑区"]);
    let (report, _) = import(&world, bytes, &options("")).await;
    assert_eq!(report.totals.accepted, 3);
    world.audit_is_clean().await;
}
