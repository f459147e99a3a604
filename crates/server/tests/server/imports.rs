//! Imports through the pages: from a file to people in the registry, and every way to bring a
//! wrong one.

use axum::body::Body;
use axum::http::StatusCode;
use registry::identity::resident_check;
use registry::import::jobs::{Job, JobState};
use server::access::Role;
use store::both_stores;
use store::testkit::{Kind, TestBed};
use types::{AreaScope, Span};
use uuid::Uuid;

use crate::bed::{Bed, Call, Reply, put_places};

const ENTRANCE: &str = "220202001001-03-05-2";
const HEADER: &str = "姓名,证件号码,联系电话,地址编码,门牌号,备注";

fn number(n: u32) -> String {
    let body =
        format!("2202021980{:02}{:02}{:03}", 1 + n / 28_000, 1 + (n / 1_000) % 28, n % 1_000);
    let check = resident_check(body.as_bytes()).expect("17 digits");
    format!("{body}{}", char::from(check))
}

fn row(name: &str, n: u32, door: u32) -> String {
    format!("{name},{},138{n:08},{ENTRANCE},{door},无\n", number(n))
}

async fn city(bed: &Bed) {
    put_places(bed, &[("22", "吉林省", "Jilin"), ("2202", "吉林市", "Jilin City")]).await;
    let places = [
        ("220202", "昌邑区", "Changyi"),
        ("220202001", "兴华街道", ""),
        ("220202001001", "站前社区", "Zhanqian"),
        ("220202001001-03", "松花小区", "Songhua Court"),
        ("220202001001-03-05", "5号楼", ""),
        (ENTRANCE, "2单元", ""),
    ];
    put_places(bed, &places).await;
}

async fn small_city() -> (Bed, String) {
    let bed = Bed::with(|config| config.limits.page_rate.burst = 1e6).await;
    city(&bed).await;
    let district = bed.role(Role::District, "220202").await;
    (bed, district)
}

const MARK: &str = "----songhua-test";

/// The beginning of a form with a file, as a browser makes it.
fn form_start(name: &str) -> Vec<u8> {
    format!(
        "--{MARK}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes()
}

fn form_end() -> Vec<u8> {
    format!("\r\n--{MARK}--\r\n").into_bytes()
}

/// The call that brings a file, without its body.
fn bringing<'a>(bed: &'a Bed, token: &str, kind: &str) -> Call<'a> {
    let path = format!("/registry/imports/new/{kind}?area=220202&csrf={}", bed.csrf(token));
    let content_type = format!("multipart/form-data; boundary={MARK}");
    bed.post(&path).cookie(token).english().header("content-type", content_type)
}

/// Sends a file as a browser would.
async fn upload(bed: &Bed, token: &str, kind: &str, name: &str, bytes: &[u8]) -> Reply {
    let body = [form_start(name), bytes.to_vec(), form_end()].concat();
    bringing(bed, token, kind).stream(Some(body.len() as u64), Body::from(body)).await
}

/// Files that lie in the directory of imports.
fn files(bed: &Bed) -> usize {
    let dir = bed.app.config().data.join("imports");
    std::fs::read_dir(dir).map_or(0, Iterator::count)
}

/// Brings a file that is good enough to have its columns named; gives its page.
async fn bring(bed: &Bed, token: &str, kind: &str, name: &str, bytes: &[u8]) -> String {
    let reply = upload(bed, token, kind, name, bytes).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    let path = reply.location().strip_suffix("/columns").expect("the columns").to_owned();
    assert!(path.starts_with("/registry/imports/"));
    path
}

fn id(path: &str) -> Uuid {
    path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id")
}

/// Names the columns as the page proposes them and waits for the end of the dry run.
async fn check(bed: &Bed, token: &str, path: &str, pairs: &[(&str, &str)]) -> Job {
    let reply = bed.post(&format!("{path}/columns")).signed_form(token, pairs).send().await;
    assert_eq!(reply.location(), path, "{}", reply.text());
    ended(bed, path).await
}

async fn ended(bed: &Bed, path: &str) -> Job {
    if let Some(mut live) = bed.app.imports().watch(id(path)) {
        while live.changed().await.is_ok() {}
    }
    bed.app.imports().job(id(path)).await.expect("reads").expect("known")
}

async fn page(bed: &Bed, token: &str, path: &str) -> String {
    let reply = bed.get(path).cookie(token).english().send().await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.text()
}

async fn residents(bed: &Bed) -> i64 {
    let mut db = bed.app.reader().await.expect("a reader");
    let counts = registry::views::county_counts(&mut db, AreaScope::ALL).await.expect("reads");
    counts.iter().map(|c| c.persons).sum()
}

both_stores! {
    async fn a_list_becomes_people_and_every_row_is_accounted_for(test: TestBed) {
        let bed = Bed::on(test).await;
        city(&bed).await;
        let district = bed.role(Role::District, "220202").await;
        let choose = page(&bed, &district, "/registry/imports/new").await;
        assert!(choose.contains("/registry/imports/new/persons") && choose.contains("/boundaries"));
        let form = page(&bed, &district, "/registry/imports/new/persons").await;
        assert!(form.contains("multipart/form-data") && form.contains("2.0 GiB"), "{form}");
        let template = bed.get("/registry/imports/template/persons").cookie(&district).send().await;
        assert!(template.text().starts_with("\u{feff}姓名,证件号码"), "{}", template.text());

        let text = format!(
            "{HEADER}\n{}{}{}王五,110105194912310021,,{ENTRANCE},1,\n",
            row("张三丰", 1, 101), row("李四", 2, 101), row("张三丰", 1, 101),
        );
        let path = bring(&bed, &district, "persons", "名册.csv", text.as_bytes()).await;
        let columns = page(&bed, &district, &format!("{path}/columns")).await;
        assert!(columns.contains("张**") && !columns.contains("张三丰"), "{columns}");
        assert!(!columns.contains(&number(1)) && !columns.contains("13800000001"));
        assert!(columns.contains("text in UTF-8") && columns.contains("selected>Document number"));
        // Not before it has been checked.
        let early = bed.post(&format!("{path}/run")).signed_form(&district, &[]).send().await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);

        let job = check(&bed, &district, &path, &[]).await;
        assert_eq!((job.state, job.error.clone()), (JobState::Rehearsed, None));
        assert_eq!(residents(&bed).await, 0);
        let account = page(&bed, &district, &path).await;
        assert!(account.contains("4 rows = 2 taken in + 1 there already + 1 rejected"), "{account}");
        assert!(account.contains("The check digit is wrong") && account.contains("Import 2 rows now"));
        assert!(!account.contains("110105194912310021") && account.contains("王*"), "{account}");
        let rows = page(&bed, &district, &format!("{path}/rows?status=rejected")).await;
        assert!(rows.contains("Document number") && rows.contains("1 row"), "{rows}");
        assert!(rows.contains(&format!("{ENTRANCE} · 1")), "a place is no secret: {rows}");

        let nothing = bed.get(&format!("{path}/rows.csv")).cookie(&district).send().await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "a purpose is needed");
        let file = format!("{path}/rows.csv?status=rejected&purpose=correction");
        let file = bed.get(&file).cookie(&district).english().send().await;
        assert!(file.header("content-disposition").contains("filename*=UTF-8''%E5%90%8D"));
        let text = file.text();
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with(HEADER) && lines[1].starts_with("王五,110105194912310021"));
        assert!(lines[1].contains(",5,rejected,id_number,"), "{text}");
        let mut db = bed.app.reader().await.expect("a reader");
        let scope = AreaScope::parse("220202").expect("a scope");
        let looks = registry::file::looks_in(&mut db, scope, types::Micros(0), 10).await.expect("reads");
        assert_eq!(looks.len(), 1, "{looks:?}");
        assert_eq!((looks[0].depth.as_str(), looks[0].purpose.as_str()), ("reveal", "correction"));
        assert!(looks[0].note.contains(&id(&path).to_string()));
        drop(db);

        for _ in 0..2 {
            let run = bed.post(&format!("{path}/run")).signed_form(&district, &[]).send().await;
            assert_eq!(run.location(), path, "{}", run.text());
        }
        let job = ended(&bed, &path).await;
        assert_eq!((job.state, job.progress.totals.accepted), (JobState::Done, 2));
        assert_eq!(residents(&bed).await, 2);
        let done = page(&bed, &district, &path).await;
        assert!(done.contains("2 rows were taken in") && done.contains("/registry?area=220202"));
        let history = page(&bed, &district, "/registry/imports").await;
        assert!(history.contains("名册.csv") && history.contains("district-220202"), "{history}");
        let list = bed.get("/registry/imports?format=csv").cookie(&district).english().send().await;
        assert!(list.text().contains(",4,2,1,1,done"), "{}", list.text());

        // The rows can be deleted; the numbers stay.
        let forget = bed.post(&format!("{path}/forget")).signed_form(&district, &[]).send().await;
        assert_eq!(forget.location(), path);
        let done = page(&bed, &district, &path).await;
        assert!(done.contains("have been deleted") && done.contains("4 rows = 2"), "{done}");
    }

    async fn a_file_is_its_desks_alone(test: TestBed) {
        let bed = Bed::on(test).await;
        city(&bed).await;
        let district = bed.role(Role::District, "220202").await;
        let text = format!("{HEADER}\n{}王五,1,,{ENTRANCE},1,\n", row("张三", 1, 101));
        let path = bring(&bed, &district, "persons", "名册.csv", text.as_bytes()).await;
        check(&bed, &district, &path, &[]).await;
        let elsewhere = bed.role(Role::District, "220203").await;
        for page in ["", "/columns", "/rows", "/rows.csv?purpose=correction"] {
            let refused = bed.get(&format!("{path}{page}")).cookie(&elsewhere).send().await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{page}");
        }
        // Who directs and who audits see the numbers, not the people.
        for role in [Role::Commander, Role::Auditor] {
            let token = bed.role(role, "2202").await;
            let text = page(&bed, &token, &path).await;
            assert!(text.contains("2 rows = 1") && !text.contains("王*"), "{role}: {text}");
            assert!(!text.contains("/rows") && !text.contains("<button class=\"button\" type=\"submit\">Import"));
            let rows = bed.get(&format!("{path}/rows")).cookie(&token).send().await;
            assert_eq!(rows.status, StatusCode::FORBIDDEN);
            let run = bed.post(&format!("{path}/run")).signed_form(&token, &[]).send().await;
            assert_eq!(run.status, StatusCode::FORBIDDEN);
        }
        let commander = bed.role(Role::Commander, "220202").await;
        let refused = upload(&bed, &commander, "persons", "x.csv", text.as_bytes()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "people are for the district desk");
        let forged = bed.post("/registry/imports/new/persons").cookie(&district);
        let forged = forged.body("multipart/form-data; boundary=x", b"--x--".to_vec()).send().await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "a form without its token");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_list_is_told_where_it_was_chosen() {
    let (bed, district) = small_city().await;
    let zip = b"PK\x03\x04 and then nothing of a workbook".as_slice();
    let cases: [(&str, &[u8], &str); 9] = [
        ("persons", b"", "The file is empty"),
        ("persons", b" \r\n\r\n", "The file is empty"),
        ("persons", HEADER.as_bytes(), "no rows below it"),
        ("persons", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "ends at row 65,536"),
        ("persons", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither a table nor GeoJSON"),
        ("persons", zip, "begins like a workbook"),
        ("persons", b"{\"type\":\"FeatureCollection\",\"features\":[]}", "not from GeoJSON"),
        ("boundaries", b"{\"type\":\"FeatureCollection\",\"features\":[{", "begins like GeoJSON"),
        ("boundaries", b"{\"type\":\"FeatureCollection\",\"features\":[]}", "no rows below it"),
    ];
    for (kind, bytes, told) in cases {
        let reply = upload(&bed, &district, kind, "x.xlsx", bytes).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let text = reply.text();
        assert!(text.contains(told), "{told}: {text}");
        assert!(text.contains("type=\"file\"") && text.contains("aria-invalid"), "the form again");
    }
    let none = upload(&bed, &district, "persons", "", b"").await;
    assert!(none.text().contains("No file was chosen"), "{}", none.text());
    let urlencoded = bed.post("/registry/imports/new/persons?area=220202");
    let reply = urlencoded.signed_form(&district, &[("file", "x")]).english().send().await;
    assert!(reply.text().contains("No file was chosen"), "{}", reply.text());
    let dir = bed.app.config().data.join("imports");
    assert_eq!(std::fs::read_dir(dir).expect("a directory").count(), 0, "nothing was kept");
    let unknown = bed.get("/registry/imports/new/cats").cookie(&district).send().await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_in_a_list_is_named() {
    let (bed, district) = small_city().await;
    let open = async |name: &str, bytes: &[u8]| {
        let path = bring(&bed, &district, "persons", name, bytes).await;
        (page(&bed, &district, &format!("{path}/columns")).await, path)
    };
    // A column that nobody wrote.
    let (text, path) = open("a.csv", "姓名,电话\n张三丰,13800138000\n".as_bytes()).await;
    assert!(text.contains("No column holds: Document number, Code of the place, Door"), "{text}");
    let refused = bed.post(&format!("{path}/columns")).signed_form(&district, &[]).english();
    let refused = refused.send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains("href=\"#field-columns\"")
            || refused.text().contains("No column holds")
    );
    // No header at all: the first row is a person, and is not shown in the clear.
    let (text, _) = open("b.csv", format!("张三丰,{},{ENTRANCE},1\n", number(1)).as_bytes()).await;
    assert!(text.contains("The file has no header") && !text.contains("张三丰"), "{text}");
    assert!(!text.contains(&number(1)));
    // Another encoding: Shift JIS is no GB 18030.
    let sjis = b"\x96\xbc\x91\x4f,\x94\xd4\x8d\x86,\xff\xfd\n\x8e\x52\x93\x63,1,\xff\n";
    let (text, _) = open("c.csv", sjis).await;
    assert!(text.contains("The text cannot be read") && text.contains("CSV UTF-8"), "{text}");
    // Headings in words of another house, named by hand; and a place for the whole list.
    let german = format!("Bewohner,Ausweis,Tür\n张三丰,{},1\n", number(1));
    let (text, path) = open("d.csv", german.as_bytes()).await;
    assert!(text.contains("Bewohner") && text.contains("No column holds"), "{text}");
    let named = |place| {
        [
            ("heading", "Bewohner"),
            ("field", "name"),
            ("heading", "Ausweis"),
            ("field", "id_number"),
            ("heading", "Tür"),
            ("field", "door"),
            ("place", place),
        ]
    };
    for (place, told) in [
        ("", "Code of the place"),
        ("here", "is not 2 to 40 digits"),
        ("220202009009", "is not in the registry"),
        ("220203001001", "is not one of yours"),
    ] {
        let form = bed.post(&format!("{path}/columns")).signed_form(&district, &named(place));
        let refused = form.english().send().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{place}");
        assert!(refused.text().contains(told), "{place}: {}", refused.text());
    }
    let job = check(&bed, &district, &path, &named(ENTRANCE)).await;
    assert_eq!(job.progress.totals.accepted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_twice_is_told() {
    let (bed, district) = small_city().await;
    let text = format!("{HEADER}\n{}", row("张三", 1, 101));
    let first = bring(&bed, &district, "persons", "名册.csv", text.as_bytes()).await;
    let columns = page(&bed, &district, &format!("{first}/columns")).await;
    assert!(!columns.contains("was brought before"));
    check(&bed, &district, &first, &[]).await;
    bed.post(&format!("{first}/run")).signed_form(&district, &[]).send().await;
    assert_eq!(ended(&bed, &first).await.state, JobState::Done);
    bed.pass(Span::hours(1));
    let second = bring(&bed, &district, "persons", "copy.csv", text.as_bytes()).await;
    let columns = page(&bed, &district, &format!("{second}/columns")).await;
    assert!(
        columns.contains("This file was brought before") && columns.contains(&first),
        "{columns}"
    );
    let job = check(&bed, &district, &second, &[]).await;
    assert_eq!((job.progress.totals.accepted, job.progress.totals.duplicate), (0, 1));
    let text = page(&bed, &district, &second).await;
    assert!(text.contains("No row would be taken in") && !text.contains("rows now"), "{text}");
    // Thrown away: gone from the disk, still in the history.
    let forget = bed.post(&format!("{second}/forget")).signed_form(&district, &[]).send().await;
    assert_eq!(forget.location(), second);
    assert!(page(&bed, &district, &second).await.contains("The file was thrown away"));
    for act in ["run", "columns"] {
        let refused = bed.post(&format!("{second}/{act}")).signed_form(&district, &[]).send().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
    }
    assert!(page(&bed, &district, "/registry/imports").await.contains("thrown away"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workbook_beyond_row_65_536_loses_nothing() {
    const ROWS: u32 = 66_000;
    let (bed, district) = small_city().await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in HEADER.split(',').enumerate() {
        sheet.write(0, column as u16, heading).expect("a cell");
    }
    for n in 1..=ROWS {
        let cells = ["某人", &number(n), "", ENTRANCE, &(n / 3).to_string()];
        for (column, cell) in cells.into_iter().enumerate() {
            sheet.write(n, column as u16, cell).expect("a cell");
        }
    }
    let bytes = book.save_to_buffer().expect("a workbook");
    let path = bring(&bed, &district, "persons", "名册.xlsx", &bytes).await;
    let columns = page(&bed, &district, &format!("{path}/columns")).await;
    assert!(columns.contains("workbook with 1 sheet"), "{columns}");
    let job = check(&bed, &district, &path, &[]).await;
    let totals = job.progress.totals;
    assert_eq!((totals.rows, totals.accepted), (ROWS.into(), ROWS.into()), "{totals:?}");
    assert!(page(&bed, &district, &path).await.contains("66,000 rows = 66,000 taken in"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_begun_is_stopped_and_finished_as_it_was_begun() {
    let bed = Bed::on(TestBed::new(Kind::Sqlite)).await;
    city(&bed).await;
    let district = bed.role(Role::District, "220202").await;
    // So many that it is still at work when it is stopped.
    let rows: String = (0..30_000).map(|n| row("某人", n, n / 3)).collect();
    let text = format!("{HEADER}\n{rows}");
    let path = bring(&bed, &district, "persons", "名册.csv", text.as_bytes()).await;
    check(&bed, &district, &path, &[]).await;
    bed.post(&format!("{path}/run")).signed_form(&district, &[]).send().await;
    let running = page(&bed, &district, &path).await;
    let at_work = running.contains("data-live=\"imports:220202\"")
        && running.contains("http-equiv=\"refresh\"");
    let stopped = bed.post(&format!("{path}/cancel")).signed_form(&district, &[]).send().await;
    assert_eq!(stopped.location(), path, "{}", stopped.text());
    let job = ended(&bed, &path).await;
    assert!(at_work, "{running}");
    assert_eq!(job.state, JobState::Cancelled);
    let text = page(&bed, &district, &path).await;
    assert!(text.contains("The import was stopped") && text.contains("Go on"), "{text}");
    let columns = bed.get(&format!("{path}/columns")).cookie(&district).send().await;
    assert_eq!(columns.location(), path, "its columns stay");
    let refused = bed.post(&format!("{path}/columns")).signed_form(&district, &[]).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    bed.post(&format!("{path}/run")).signed_form(&district, &[]).send().await;
    let job = ended(&bed, &path).await;
    assert_eq!((job.state, job.progress.totals.accepted), (JobState::Done, 30_000));
    assert_eq!(residents(&bed).await, 30_000);
    let fragment = page(&bed, &district, &format!("{path}?fragment=import")).await;
    assert!(!fragment.contains("<html") && fragment.contains("30,000 rows were taken in"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boundaries_come_as_geojson() {
    let (bed, district) = small_city().await;
    let geojson = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"adcode":"220202001","name":"兴华街道"},"geometry":
         {"type":"Polygon","coordinates":[[[126.5,43.8],[126.6,43.8],[126.6,43.9],[126.5,43.8]]]}},
        {"type":"Feature","properties":{"adcode":"220203001","name":"别处"},"geometry":null}]}"#;
    let path = bring(&bed, &district, "boundaries", "街道.geojson", geojson.as_bytes()).await;
    let columns = page(&bed, &district, &format!("{path}/columns")).await;
    assert!(columns.contains("GeoJSON") && columns.contains("兴华街道"), "{columns}");
    // As a browser sends what is proposed.
    assert!(columns.contains("value=\"code\" selected"), "{columns}");
    let named = [
        ("heading", "adcode"),
        ("field", "code"),
        ("heading", "name"),
        ("field", "name_zh"),
        ("heading", "outline"),
        ("field", "outline"),
    ];
    let job = check(&bed, &district, &path, &named).await;
    let totals = job.progress.totals;
    assert_eq!((totals.accepted, totals.rejected), (1, 1));
    let account = page(&bed, &district, &path).await;
    assert!(account.contains("It lies outside of the areas"), "{account}");
    // Places are nobody's secret: no purpose is asked for.
    let file = bed.get(&format!("{path}/rows.csv")).cookie(&district).send().await;
    assert!(file.text().contains("220203001,别处"), "{}", file.text());
    bed.post(&format!("{path}/run")).signed_form(&district, &[]).send().await;
    assert_eq!(ended(&bed, &path).await.state, JobState::Done);
    let place = page(&bed, &district, "/registry/places/220202001").await;
    assert!(place.contains("43.83"), "the middle of the boundary: {place}");
}

/// A body in pieces, the last of which may never come.
fn pieces(
    parts: Vec<Vec<u8>>,
    ends: bool,
    asked_for_more: std::sync::Arc<tokio::sync::Notify>,
) -> Body {
    let mut parts = parts.into_iter();
    let stream = futures::stream::poll_fn(move |_| match parts.next() {
        Some(part) => std::task::Poll::Ready(Some(Ok::<_, std::convert::Infallible>(part))),
        None if ends => std::task::Poll::Ready(None),
        None => {
            asked_for_more.notify_one();
            std::task::Poll::Pending
        }
    });
    Body::from_stream(stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_too_long_is_refused_by_its_length_and_by_what_comes() {
    let limit = |config: &mut server::Config| config.limits.upload_bytes = 100_000;
    let bed = Bed::with(limit).await;
    let district = bed.role(Role::District, "220202").await;
    let row = row("张三丰", 1, 101).into_bytes();
    let send = async |rows: usize, announced: Option<u64>| {
        let mut parts = vec![form_start("list.csv"), format!("{HEADER}\n").into_bytes()];
        parts.extend(vec![row.clone(); rows]);
        parts.push(form_end());
        let body = pieces(parts, true, std::sync::Arc::default());
        bringing(&bed, &district, "persons").stream(announced, body).await
    };
    // Three gigabytes are announced: it is known before they come.
    let told = send(1, Some(3 << 30)).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text());
    assert!(told.text().contains("The file is larger than 97.7 KiB"), "{}", told.text());
    // Nothing is announced, and it does not end.
    let streamed = send(2_000, None).await;
    assert_eq!(streamed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", streamed.text());
    assert!(streamed.text().contains("The file is larger than 97.7 KiB"), "{}", streamed.text());
    // More than anybody listens to is cut off at once.
    let endless = pieces(vec![form_start("list.csv")], false, std::sync::Arc::default());
    let cut = bringing(&bed, &district, "persons").stream(Some(9 << 30), endless).await;
    assert_eq!(cut.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(files(&bed), 0, "nothing is left behind");
    assert!(bed.app.imports().list(AreaScope::ALL, None, 10).await.expect("reads").is_empty());
    // One that fits goes through, whatever its form adds.
    let fits = send(1_000, None).await;
    assert_eq!(fits.status, StatusCode::SEE_OTHER, "{}", fits.text());
    assert_eq!(files(&bed), 1);
}

#[tokio::test]
async fn a_file_of_two_gigabytes_and_more_is_too_long() {
    let bed = Bed::new().await;
    assert_eq!(bed.app.config().limits.upload_bytes, 2 << 30);
    let district = bed.role(Role::District, "220202").await;
    let parts = vec![form_start("list.csv"), HEADER.into(), form_end()];
    let body = pieces(parts, true, std::sync::Arc::default());
    let told = bringing(&bed, &district, "persons").stream(Some((2 << 30) + (1 << 20)), body).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text());
    assert!(told.text().contains("The file is larger than 2.0 GiB"), "{}", told.text());
}

#[tokio::test]
async fn a_sender_who_says_nothing_for_a_minute_has_gone() {
    let bed = Bed::new().await;
    let district = bed.role(Role::District, "220202").await;
    let asked = std::sync::Arc::new(tokio::sync::Notify::new());
    let parts = vec![form_start("list.csv"), row("张三丰", 1, 101).into_bytes()];
    let body = pieces(parts, false, asked.clone());
    let call = bringing(&bed, &district, "persons").stream(None, body);
    tokio::pin!(call);
    // All that comes has come: from here on the sender is waited for, by a clock of the test's.
    tokio::select! {
        reply = &mut call => panic!("{}", reply.text()),
        () = asked.notified() => {}
    }
    assert!(futures::poll!(&mut call).is_pending());
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(58)).await;
    assert!(futures::poll!(&mut call).is_pending(), "it may still go on");
    tokio::time::advance(std::time::Duration::from_secs(3)).await;
    tokio::time::resume();
    let told = call.await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text());
    assert!(told.text().contains("broke off"), "{}", told.text());
    assert_eq!(files(&bed), 0, "half a file is not kept");
}
