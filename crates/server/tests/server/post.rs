//! The command post by its pages: a bulletin from draft to correction with its files, decisions with
//! their evidence, kept forecasts, the board, the map and the meeting.

use axum::http::StatusCode;
use cases::{PutCases, Severity};
use server::access::Role;
use store::both_stores;
use types::Span;

use crate::bed::Bed;
use crate::course::line_list;
use crate::feed::lab::{area, send};

/// Takes in 28 days of cases, until 14 March 2022; "now" is the morning of the 15th.
async fn cases(bed: &Bed) {
    let PutCases { import, rows } = line_list(bed, area(), 28);
    for rows in rows.chunks(300) {
        let put = PutCases { import, rows: rows.to_vec() };
        send(&bed.app, cases::Command::PutCases(put).into()).await;
    }
}

async fn page(bed: &Bed, token: &str, path: &str) -> String {
    let reply = bed.get(path).english().cookie(token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.text()
}

/// The hidden fields of the form that goes to an address.
fn hidden(page: &str, action: &str) -> Vec<(String, String)> {
    let action = format!("action=\"{action}\"");
    let form = page.split("<form").find(|form| form.contains(&action)).expect("the form");
    let form = form.split("</form>").next().unwrap_or_default();
    let value = |input: &str, name: &str| {
        let rest = input.split_once(&format!("{name}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    form.split("<input")
        .filter(|input| input.contains("type=\"hidden\""))
        .filter_map(|input| Some((value(input, "name")?, value(input, "value")?)))
        .filter(|(name, _)| name != "csrf")
        .collect()
}

async fn post(
    bed: &Bed,
    token: &str,
    path: &str,
    fields: &[(String, String)],
) -> crate::bed::Reply {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    bed.post(path).english().cookie(token).signed_form(token, &pairs).send().await
}

fn with(mut fields: Vec<(String, String)>, more: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    fields
}

both_stores! {
    async fn a_bulletin_is_drawn_up_published_read_and_corrected(test: TestBed) {
        let bed = Bed::on(test).await;
        cases(&bed).await;
        let commander = bed.role(Role::Commander, "2202").await;
        let draft = page(&bed, &commander, "/bulletins/new").await;
        assert!(draft.contains("Every figure is that of the line list"), "{draft}");
        assert!(draft.contains("215 new confirmed cases (0 of them converted"), "{draft}");
        assert!(draft.contains("54 were found in the community"), "{draft}");
        // Whoever does not say who publishes is asked again.
        let fields = hidden(&draft, "/bulletins/new?area=2202");
        let again = post(&bed, &commander, "/bulletins/new?area=2202", &fields).await;
        assert!(again.text().contains("publisher"), "{}", again.text());
        let fields = hidden(&page(&bed, &commander, "/bulletins/new").await, "/bulletins/new?area=2202");
        let sent = with(fields.clone(), &[("publisher", "City health commission")]);
        let done = post(&bed, &commander, "/bulletins/new?area=2202", &sent).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        let path = done.location().to_owned();
        // The same form a second time does nothing more.
        let twice = post(&bed, &commander, "/bulletins/new?area=2202", &sent).await;
        assert_eq!(twice.location(), path);

        let shown = page(&bed, &commander, &path).await;
        assert!(shown.contains("14 March 2022, 0–24 h") && shown.contains("No. 1"), "{shown}");
        let zh = bed.get(&path).cookie(&commander).send().await.text();
        assert!(zh.contains("2022年3月14日0—24时，2202新增确诊病例215例"), "{zh}");
        // A figure opens its cases, and a case opens: three presses from the board.
        let list = page(&bed, &commander, &format!("{path}/cases?measure=confirmed&found_in=community")).await;
        assert!(list.contains("of 54") || list.contains("54"), "{list}");
        assert!(list.contains("the same"), "nothing changed since: {list}");

        // The files say the same.
        let file = async |format: &str| {
            bed.get(&format!("{path}?format={format}")).english().cookie(&commander).send().await
        };
        let pdf = file("pdf").await;
        assert_eq!(pdf.header("content-type"), "application/pdf");
        assert!(pdf.text().starts_with("%PDF-1.7"));
        let csv = file("csv").await.text();
        assert!(csv.contains("New confirmed") && csv.contains("community,54,0,0"), "{csv}");
        let json = file("json").await.json();
        assert_eq!((json["no"].as_i64(), json["day"].as_str()), (Some(1), Some("2022-03-14")));
        let dhis2 = file("dhis2").await.json();
        assert_eq!((dhis2["period"].as_str(), dhis2["orgUnit"].as_str()), (Some("20220314"), Some("2202")));
        let values = dhis2["dataValues"].as_array().expect("values");
        let community = values.iter().find(|v| {
            v["dataElement"] == "SONGHUA_CONFIRMED" && v["categoryOptionCombo"] == "FOUND_COMMUNITY"
        });
        assert_eq!(community.expect("a value")["value"], "54");

        let district = bed.role(Role::District, "2202").await;
        let api = bed.get("/api/v1/bulletins").bearer(&district).send().await.json();
        assert_eq!((api["bulletins"][0]["new"]["confirmed"].as_i64(), api["next"].is_null()), (Some(215), true));
        let one = format!("/api/v1{path}");
        let whole = bed.get(&one).bearer(&district).send().await.json();
        assert!(whole["figures"].as_array().is_some_and(|f| f.len() > 3), "{whole}");

        // Everybody reads the public version, without an account; nobody reads the cases.
        let id = path.rsplit('/').next().expect("an id");
        let public = bed.get(&format!("/public/bulletins/{id}")).english().send().await;
        assert_eq!(public.status, StatusCode::OK);
        assert!(public.text().contains("215 new confirmed cases") && !public.text().contains("/cases?"));
        let list = bed.get("/public/bulletins").english().send().await.text();
        assert!(list.contains(id), "{list}");
        assert_ne!(bed.get(&path).english().send().await.status, StatusCode::OK);
        let stranger = bed.role(Role::District, "220102").await;
        assert_eq!(bed.get(&path).cookie(&stranger).send().await.status, StatusCode::FORBIDDEN);

        // What becomes known later shows, and is corrected with a reason.
        let PutCases { mut rows, .. } = line_list(&bed, area(), 28);
        let import = uuid::Uuid::now_v7();
        rows.truncate(1);
        rows[0].person = registry::ids::person(import, 1);
        rows[0].found_at = bed.app.now() - Span::hours(20);
        rows[0].severity = Some(Severity::Moderate);
        let put = PutCases { import, rows };
        send(&bed.app, cases::Command::PutCases(put).into()).await;
        let drifted = page(&bed, &commander, &path).await;
        assert!(drifted.contains("New confirmed: 215 → 216"), "{drifted}");
        let draft = page(&bed, &commander, "/bulletins/new?area=2202").await;
        assert!(draft.contains("Publish a correction"), "{draft}");
        let fields = hidden(&draft, "/bulletins/new?area=2202");
        let sent = with(fields, &[("publisher", "City health commission"), ("note", "One reported late")]);
        let done = post(&bed, &commander, "/bulletins/new?area=2202", &sent).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        let corrected = page(&bed, &commander, done.location()).await;
        assert!(corrected.contains("correction 1") && corrected.contains("One reported late"), "{corrected}");
        let first = page(&bed, &commander, &path).await;
        assert!(first.contains("This report was corrected") && first.contains("215 new confirmed"), "{first}");
    }

    async fn a_decision_has_its_evidence_its_end_and_is_revoked_by_somebody(test: TestBed) {
        let bed = Bed::on(test).await;
        cases(&bed).await;
        let commander = bed.role(Role::Commander, "2202").await;
        let form = page(&bed, &commander, "/decisions/new?area=2202").await;
        let fields = hidden(&form, "/decisions/new?area=2202");
        let sent = with(fields, &[
            ("title", "Lock Changyi for a week"),
            ("from", "2022-03-15T12:00"),
            ("until", "2022-03-22T12:00"),
            ("evidence", "infections"),
            ("evidence", "community"),
            ("words", "Two chains without a source"),
            ("rule", "test.window"),
            ("signed_by", "Deputy mayor"),
        ]);
        let done = post(&bed, &commander, "/decisions/new?area=2202", &sent).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        let log = page(&bed, &commander, "/decisions?q=changyi").await;
        assert!(log.contains("Lock Changyi for a week") && log.contains("to come"), "{log}");
        assert!(!page(&bed, &commander, "/decisions?q=harbin").await.contains("Lock Changyi"));
        let path = log.split("href=\"/decisions/").nth(2).and_then(|rest| rest.split('"').next());
        let id = log
            .split("href=\"/decisions/")
            .filter_map(|rest| rest.split('"').next())
            .find(|id| id.len() == 36)
            .unwrap_or_else(|| panic!("{path:?}"));
        let path = format!("/decisions/{id}");
        let shown = page(&bed, &commander, &path).await;
        assert!(shown.contains("New infections") && shown.contains("Two chains without a source"), "{shown}");
        assert!(shown.contains("test.window") && shown.contains("Deputy mayor"));
        // Nothing is decided without an end, a name, and areas that one answers for.
        let fields = hidden(&form, "/decisions/new?area=2202");
        let endless = with(
            fields.into_iter().filter(|(name, _)| name != "command").collect(),
            &[("title", "For ever"), ("from", "2022-03-15T12:00"), ("until", "2032-03-22T12:00"), ("signed_by", "X")],
        );
        let refused = post(&bed, &commander, "/decisions/new?area=2202", &endless).await;
        assert!(refused.text().contains("holds for 366 days at most"), "{}", refused.text());
        let district = bed.role(Role::District, "220202").await;
        let theirs = page(&bed, &district, &path).await;
        assert!(!theirs.contains("Revoke"), "a district does not revoke what the city decided");
        let revoke = [("note".to_owned(), "No".to_owned()), ("signed_by".to_owned(), "X".to_owned())];
        let sent = post(&bed, &district, &path, &revoke).await;
        assert!(sent.text().contains("not-your-area"), "{}", sent.text());
        let revoke = [("note".to_owned(), "The chains were found".to_owned()), ("signed_by".to_owned(), "Mayor".to_owned())];
        let done = post(&bed, &commander, &path, &revoke).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        let shown = page(&bed, &commander, &path).await;
        assert!(shown.contains("The chains were found") && shown.contains("revoked"), "{shown}");
        let again = post(&bed, &commander, &path, &revoke).await;
        assert!(again.text().contains("holds no more"), "{}", again.text());
    }

    async fn the_board_the_map_and_the_meeting_say_what_is_new(test: TestBed) {
        let bed = Bed::on(test).await;
        let commander = bed.role(Role::Commander, "2202").await;
        let empty = page(&bed, &commander, "/board").await;
        assert!(empty.contains("No infection was found today."), "{empty}");
        cases(&bed).await;
        // What was kept of the empty board is not shown when something has been announced since.
        bed.app.hub().ring();
        let board = page(&bed, &commander, "/board").await;
        for title in ["New today", "Late, and who has it", "Does not balance", "Runs out next", "Decided"] {
            assert!(board.contains(title), "{title}");
        }
        assert!(board.contains("215 yesterday by this hour") || board.contains("0 yesterday by this hour"), "{board}");
        let earlier = page(&bed, &commander, "/board?as_of=2022-03-15T07:00").await;
        // What the ledger can say of then is said on the page; what nobody can say any more, too.
        assert!(earlier.contains("Not shown of an earlier moment") || earlier.contains("Reading"), "{earlier}");
        let map = page(&bed, &commander, "/map").await;
        assert!(map.contains("data-days") || map.contains("no outlines"), "{map}");
        let county = page(&bed, &commander, "/map/220202").await;
        assert!(county.contains("Map"), "{county}");
        let meeting = page(&bed, &commander, "/meeting?area=2202").await;
        assert!(meeting.contains("report is not published yet"), "{meeting}");
        let grid = bed.role(Role::Grid, "220202").await;
        assert_eq!(bed.get("/board").cookie(&grid).send().await.status, StatusCode::FORBIDDEN);
    }

    async fn a_forecast_is_kept_and_scored(test: TestBed) {
        let bed = Bed::on(test).await;
        cases(&bed).await;
        let commander = bed.role(Role::Commander, "2202").await;
        let course = page(&bed, &commander, "/cases/course?area=2202").await;
        assert!(course.contains("Keep this forecast") && course.contains("No forecast of these areas"), "{course}");
        let ahead = page(&bed, &commander, "/ahead?area=2202").await;
        for figure in ["New infections", "Found in quarantine", "Tubes tested", "Contacts named"] {
            assert!(ahead.contains(figure), "{figure}: {ahead}");
        }
        let fields = hidden(&ahead, "/ahead/keep?area=2202");
        let done = post(&bed, &commander, "/ahead/keep?area=2202", &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        let kept = page(&bed, &commander, "/cases/course?area=2202").await;
        assert!(kept.contains("2022-03-14") && !kept.contains("Keep this forecast"), "{kept}");
        assert!(kept.contains("No day of a kept forecast is over yet."), "{kept}");
        let again = post(&bed, &commander, "/ahead/keep?area=2202", &[]).await;
        assert!(again.text().contains("is kept already"), "{}", again.text());
        // Two days later it is scored with what came.
        bed.pass(Span::days(2));
        let commander = bed.session("commander-2202").await;
        let scored = page(&bed, &commander, "/cases/course?area=2202").await;
        assert!(scored.contains("Weighted interval score") && !scored.contains("No day of a kept forecast"), "{scored}");
        let scored = page(&bed, &commander, "/ahead?area=2202").await;
        assert!(scored.contains("renewal equation") && !scored.contains("No day of a kept forecast"), "{scored}");
    }
}
