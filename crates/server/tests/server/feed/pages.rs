//! The feed's pages: what is seen, by whom, and what they do.

use axum::http::StatusCode;
use hl7::mllp;
use server::access::Role;
use server::feed::{self, ItemState, Message, MessageId, State};
use store::both_stores;
use tokio::net::TcpListener;

use super::lab::*;
use crate::bed::{Bed, Reply, grant};

const NAME: &str = "\u{5f20}\u{7389}\u{6885}";

/// A message as laboratories really send it: with a patient, and a tube that nobody knows.
fn with_patient(control: &str, code: &str) -> Vec<u8> {
    format!(
        "MSH|^~\\&|LIS|{LAB}|SONGHUA|COMMAND|20220315070000+0800||ORU^R01^ORU_R01|{control}|P|2.5|||||CHN|UNICODE UTF-8\r\
         PID|1||220202199001011234||{NAME}\r\
         OBR|1|{code}||94309-2^SARS-CoV-2 RNA^LN|||20220315064000+0800\r\
         OBX|1|CWE|94309-2^SARS-CoV-2 RNA^LN||260415000^Not detected^SCT||||||F|||20220315065500+0800\r\
         SPM|1|{code}\r"
    )
    .into_bytes()
}

struct Desk {
    bed: Bed,
    district: String,
}

async fn desk(test: store::testkit::TestBed) -> Desk {
    let bed = Bed::on(test).await;
    prepare(&bed.app).await;
    let district = bed.role(Role::District, "220202").await;
    Desk { bed, district }
}

impl Desk {
    async fn get(&self, path: &str, token: &str) -> Reply {
        self.bed.get(path).english().cookie(token).send().await
    }

    async fn post(&self, path: &str, token: &str, form: &[(&str, &str)]) -> Reply {
        self.bed.post(path).english().signed_form(token, form).send().await
    }

    async fn waiting(&self, control: &str, code: &str) -> Message {
        let reply = receive(&self.bed, &with_patient(control, code)).await;
        let kept = kept(&self.bed, &reply).await;
        assert_eq!(kept.counts.waiting, 1, "{:?}", text(&reply));
        kept
    }
}

fn message_path(message: &Message) -> String {
    format!("/testing/feed/messages/{}", message.id)
}

fn item_path(message: &Message) -> String {
    format!("/testing/feed/items/{}/1", message.id)
}

both_stores! {
    async fn what_waits_is_seen_with_its_reason_and_masked(test: TestBed) {
        let desk = desk(test).await;
        let message = desk.waiting("M-1", "BD-998-77").await;
        let overview = desk.get("/testing/feed", &desk.district).await.text();
        assert!(overview.contains("BD-998-77"), "{overview}");
        assert!(overview.contains("No tube with this barcode is known yet."));
        assert!(overview.contains(&item_path(&message)), "it opens");
        let home = desk.get("/", &desk.district).await.text();
        assert!(home.contains("/testing/feed#waiting"), "the first page says that something waits");
        let shown = desk.get(&message_path(&message), &desk.district).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text().contains("PID|\u{2022}\u{2022}\u{2022}"), "{}", shown.text());
        for page in [shown.text(), desk.get(&item_path(&message), &desk.district).await.text()] {
            for secret in [NAME, "220202199001011234"] {
                assert!(!page.contains(secret), "{secret} is shown");
            }
        }
    }

    async fn clear_text_is_for_those_who_say_what_for_and_is_on_record(test: TestBed) {
        let desk = desk(test).await;
        let message = desk.waiting("M-1", "BD-998-77").await;
        let path = format!("{}/clear", message_path(&message));
        let without = desk.post(&path, &desk.district, &[("purpose", "curious")]).await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        let clear = desk.post(&path, &desk.district, &[("purpose", "match")]).await;
        assert!(clear.text().contains(NAME), "{}", clear.text());
        assert_eq!(clear.header("cache-control"), "no-store");
        let page = desk.get(&message_path(&message), &desk.district).await.text();
        assert!(page.contains("saw it in the clear") && page.contains("to find the tube"));
        assert!(page.contains("district-220202"), "by whom");
        let download = format!("{}/download", message_path(&message));
        let bytes = desk.post(&download, &desk.district, &[("purpose", "damaged")]).await;
        assert_eq!(bytes.text().as_bytes(), with_patient("M-1", "BD-998-77"));
        let page = desk.get(&message_path(&message), &desk.district).await.text();
        assert!(page.contains("downloaded it"));
        // An auditor sees that somebody looked, and no name.
        let auditor = desk.bed.role(Role::Auditor, "220202").await;
        let page = desk.get(&message_path(&message), &auditor).await.text();
        assert!(page.contains("saw it in the clear") && !page.contains(NAME));
        let refused = desk.post(&path, &auditor, &[("purpose", "match")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }

    async fn a_laboratory_sees_its_own_messages_only(test: TestBed) {
        let desk = desk(test).await;
        let message = desk.waiting("M-1", "BD-998-77").await;
        let own = desk.bed.role(Role::Laboratory, "220202").await;
        assert_eq!(desk.get(&message_path(&message), &own).await.status, StatusCode::OK);
        let mut other = grant(Role::Laboratory, "220202");
        other.holder = Some(holder("lab:JL-02"));
        desk.bed.account("other", vec![other]).await;
        let other = desk.bed.session("other").await;
        for path in [message_path(&message), item_path(&message)] {
            assert_eq!(desk.get(&path, &other).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let list = desk.get("/testing/feed/messages", &other).await.text();
        assert!(!list.contains(&message.id.to_string()));
        let act = format!("{}/dismiss", item_path(&message));
        let refused = desk.post(&act, &other, &[("note", "not mine")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert_eq!(crate::feed::lab::message(&desk.bed, message.id).await.counts.waiting, 1);
    }

    async fn a_waiting_result_is_matched_on_its_page(test: TestBed) {
        let desk = desk(test).await;
        let message = desk.waiting("M-1", "BD-998-77").await;
        let path = format!("{}/match", item_path(&message));
        let unknown = desk.post(&path, &desk.district, &[("tube", "BD-nowhere")]).await;
        assert_eq!(unknown.status, StatusCode::OK, "the form comes back");
        assert!(unknown.text().contains("BD-nowhere"));
        let away = types::UnitId::printed(testing::TUBE, types::AreaCode::new(220_203).expect("six"), 1);
        let away = desk.post(&path, &desk.district, &[("tube", &away.to_string())]).await;
        assert!(away.text().contains("220203"), "not a desk of that county: {}", away.text());
        collect(&desk.bed.app, tube(1), None).await;
        let code = tube(1).to_string();
        let matched = desk.post(&path, &desk.district, &[("tube", &code)]).await;
        assert_eq!(matched.status, StatusCode::SEE_OTHER, "{}", matched.text());
        assert_eq!(matched.location(), format!("/tubes/{code}"));
        assert_eq!(readings(&desk.bed, tube(1)).await, ["negative"]);
        let page = desk.get(&item_path(&message), &desk.district).await.text();
        assert!(page.contains("recorded") && page.contains(&code), "{page}");
        let shown = desk.get(&format!("/tubes/{code}"), &desk.district).await.text();
        assert!(shown.contains("negative"));
    }

    async fn a_result_is_dismissed_with_a_reason_on_its_page(test: TestBed) {
        let desk = desk(test).await;
        let message = desk.waiting("M-1", "BD-998-77").await;
        let path = format!("{}/dismiss", item_path(&message));
        let silent = desk.post(&path, &desk.district, &[("note", " ")]).await;
        assert_eq!(silent.status, StatusCode::OK);
        assert!(silent.text().contains("error-summary"), "{}", silent.text());
        let done = desk.post(&path, &desk.district, &[("note", "a test run")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        let page = desk.get(&item_path(&message), &desk.district).await.text();
        assert!(page.contains("a test run") && !page.contains("/dismiss\""), "{page}");
        let overview = desk.get("/testing/feed", &desk.district).await.text();
        assert!(overview.contains("Nothing waits"));
    }

    async fn a_damaged_message_is_on_show_and_can_be_dismissed(test: TestBed) {
        let desk = desk(test).await;
        let reply = receive(&desk.bed, b"MSH|^~\\&|LIS|JL-01|||2022||ORU^R01|17|P|9.9\rPID|cut").await;
        let message = kept(&desk.bed, &reply).await;
        assert_eq!(message.state, State::Rejected);
        let page = desk.get(&message_path(&message), &desk.district).await.text();
        assert!(page.contains("The message was not taken"), "{page}");
        let list = desk.get("/testing/feed/messages?state=rejected", &desk.district).await.text();
        assert!(list.contains(&message.id.to_string()));
        let path = format!("{}/dismiss", message_path(&message));
        desk.post(&path, &desk.district, &[("note", "line noise")]).await;
        assert_eq!(crate::feed::lab::message(&desk.bed, message.id).await.state, State::Resolved);
    }

    async fn a_sender_is_named_on_its_page_by_the_desk_only(test: TestBed) {
        let desk = desk(test).await;
        let at = desk.bed.app.now();
        let bytes = oru("PCR-NORTH", "M-1", at, &[negative(&tube(1).to_string(), at)]);
        receive(&desk.bed, &bytes).await;
        let page = desk.get("/testing/feed/senders", &desk.district).await.text();
        assert!(page.contains("PCR-NORTH"), "{page}");
        let lab = desk.bed.role(Role::Laboratory, "220202").await;
        let form = [("sender", "pcr-north"), ("lab", "lab:JL-02")];
        let refused = desk.post("/testing/feed/senders", &lab, &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let done = desk.post("/testing/feed/senders", &desk.district, &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        assert_eq!(results(&desk.bed, tube(1)).await[0].0, "lab:JL-02");
        let forget = desk.post("/testing/feed/senders/forget", &desk.district, &[("name", "pcr-north")]).await;
        assert_eq!(forget.status, StatusCode::SEE_OTHER);
    }

    async fn a_file_is_uploaded_looked_at_and_recorded(test: TestBed) {
        let desk = desk(test).await;
        let lab = desk.bed.role(Role::Laboratory, "220202").await;
        let csv = format!("tube,result,tested_at\r\n{},negative,2022-03-15 07:00\r\n,x,y\r\n", tube(4));
        let reply = upload(&desk.bed, &lab, "results.csv", &csv).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        let path = reply.location().to_owned();
        let id = MessageId::parse(path.rsplit('/').next().expect("an id")).expect("a UUID");
        until(&desk.bed, id, State::Checked).await;
        assert_eq!(results(&desk.bed, tube(4)).await, [], "nothing is recorded before the word");
        let page = desk.get(&path, &lab).await.text();
        assert!(page.contains("nothing is recorded yet"), "{page}");
        assert!(page.contains("results.csv"));
        let run = desk.post(&format!("{path}/run"), &lab, &[]).await;
        assert_eq!(run.status, StatusCode::SEE_OTHER);
        until(&desk.bed, id, State::Rejected).await;
        assert_eq!(readings(&desk.bed, tube(4)).await, ["negative"]);
        let mut db = desk.bed.app.reader().await.expect("a reader");
        let rejects = feed::Item::of(&mut db, id, 0, Some(ItemState::Rejected), 9).await.expect("read");
        assert_eq!(rejects.len(), 1);
        let row = format!("/testing/feed/items/{id}/{}/clear", rejects[0].key.n);
        let clear = desk.post(&row, &lab, &[("purpose", "damaged")]).await;
        assert!(clear.text().contains(",x,y"), "{}", clear.text());
        let again = upload(&desk.bed, &lab, "results.csv", &csv).await;
        assert_eq!(again.location(), format!("{path}?again=1"));
        let empty = upload(&desk.bed, &lab, "empty.csv", "").await;
        assert!(empty.text().contains("The file is empty."), "{}", empty.text());
        let second = upload(&desk.bed, &lab, "b.csv", "tube,result\r\nBD-9,negative\r\n").await;
        let path = second.location().to_owned();
        let id = MessageId::parse(path.rsplit('/').next().expect("an id")).expect("a UUID");
        until(&desk.bed, id, State::Checked).await;
        desk.post(&format!("{path}/withdraw"), &lab, &[]).await;
        assert_eq!(crate::feed::lab::message(&desk.bed, id).await.state, State::Withdrawn);
    }

    async fn the_line_shows_whether_it_lives(test: TestBed) {
        let desk = desk(test).await;
        assert!(desk.get("/testing/feed", &desk.district).await.text().contains("closed"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let line = tokio::spawn(feed::serve(desk.bed.app.clone(), listener, async { drop(stopped.await) }));
        let mut client = mllp::Client::connect(address, mllp::ClientOptions::default()).await.expect("connects");
        client.send(&with_patient("M-1", "BD-1")).await.expect("a reply");
        let auditor = desk.bed.role(Role::Auditor, "220202").await;
        for (path, token) in [("/testing/feed", &desk.district), ("/status", &auditor)] {
            let page = desk.get(path, token).await.text();
            assert!(page.contains(&address.to_string()), "{path}: {page}");
            assert!(page.contains("1 message since the server started"), "{path}: {page}");
        }
        drop((client, stop));
        line.await.expect("no panic");
        assert_eq!(desk.bed.app.feed().line().listening, None);
    }
}

/// Waits until a file is in a state; the reading goes on in the background.
async fn until(bed: &Bed, id: MessageId, wanted: State) {
    let patience = std::time::Duration::from_secs(30);
    let reached = tokio::time::timeout(patience, async {
        while crate::feed::lab::message(bed, id).await.state != wanted {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    if reached.await.is_err() {
        panic!("never {wanted:?}: {:?}", crate::feed::lab::message(bed, id).await);
    }
}

async fn upload(bed: &Bed, token: &str, name: &str, text: &str) -> Reply {
    let boundary = "----songhua-test";
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/csv\r\n\r\n{text}\r\n--{boundary}--\r\n"
    );
    let path = format!("/testing/feed/upload?csrf={}", bed.csrf(token));
    let kind = format!("multipart/form-data; boundary={boundary}");
    bed.post(&path).english().cookie(token).body(&kind, body.into_bytes()).send().await
}
