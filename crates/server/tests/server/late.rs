//! What is late, by the pages.

use axum::http::StatusCode;
use server::access::Role;
use server::house::Command;
use store::both_stores;
use testing::{Command as Act, Pack, Resolve};
use types::{Micros, Span, UnitId};

use crate::bed::Bed;
use crate::feed::lab::{area, collect, holder, prepare, send, tube};

both_stores! {
    async fn what_nobody_is_known_to_hold_opens_its_list(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        collect(&bed.app, tube(1), None).await;
        let box_ = UnitId::printed(testing::BOX, area(), 1);
        let pack = Pack { box_, tubes: vec![tube(1)], holder: holder("site:220202-S001") };
        send(&bed.app, Command::Testing(Act::Pack(pack))).await;
        // The site did not pack it after all: then nobody has said whose the box is.
        let mut db = bed.app.reader().await.expect("a reader");
        let (_, moments) = ledger::views::history(&mut db, box_, Micros::MAX).await.expect("read");
        drop(db);
        let opened = moments[0].reference;
        let note = "another site's code".to_owned();
        let resolve =
            Resolve { unit: box_, void_command: opened.command, void_n: opened.n, note };
        send(&bed.app, Command::Testing(Act::Resolve(resolve))).await;
        bed.pass(Span::hours(8));
        let district = bed.role(Role::District, "220202").await;
        let page = |path: &'static str| bed.get(path).english().cookie(&district).send();
        let list = page("/testing/late").await.text();
        assert!(list.contains("/testing/late/unknown?area=220202"), "{list}");
        let late = page("/testing/late/unknown?area=220202").await;
        assert_eq!(late.status, StatusCode::OK, "{}", late.text());
        let late = late.text();
        assert!(late.contains(&tube(1).to_string()) && late.contains(&box_.to_string()), "{late}");
        assert!(late.contains("nobody has said who has it"), "{late}");
        assert!(!late.contains("/testing/holders/unknown"), "it has no page: {late}");
        let csv = page("/testing/late/unknown?area=220202&format=csv").await.text();
        assert!(csv.contains(&tube(1).to_string()), "{csv}");
        assert_ne!(page("/testing/late/nobody").await.status, StatusCode::OK);
    }
}
