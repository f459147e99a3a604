//! How the epidemic goes, by the page.

use axum::http::StatusCode;
use cases::{Class, Field, FoundIn, PutCase, PutCases, Severity};
use registry::command::SealedIdentity;
use registry::identity::{IdType, Identity, Sex};
use registry::ids;
use server::access::Role;
use store::both_stores;
use types::{AreaCode, Micros, Span};
use uuid::Uuid;

use crate::bed::Bed;
use crate::feed::lab::{area, send};

/// Midnight of 15 February 2022 in Beijing: four weeks before the day of these stories.
const FIRST: Micros = Micros(1_644_854_400_000_000);

/// A line list of `days` days with twice as many cases every four days.
pub fn line_list(bed: &Bed, area: AreaCode, days: i64) -> PutCases {
    let import = Uuid::now_v7();
    let mut rows = Vec::new();
    for day in 0..days {
        let cases = (2.0 * 2_f64.powf(day as f64 / 4.0)).round() as i64;
        for n in 0..cases {
            let row = rows.len() as u32 + 1;
            let person = ids::person(import, row);
            let identity = Identity {
                name: format!("某{row}"),
                id_type: IdType::Other,
                id_number: Some(format!("TEST{row:06}")),
                phone: None,
            };
            let found_in = if n % 4 == 0 { FoundIn::Community } else { FoundIn::Locked };
            rows.push(PutCase {
                row,
                person,
                identity: SealedIdentity {
                    sealed: bed.app.keys().seal(area, person, &identity).expect("seals"),
                    id_index: None,
                    phone_index: None,
                    birth_year: Some(1970),
                    sex: Some(Sex::Female),
                },
                age_months: None,
                keys: Default::default(),
                class: Class::Confirmed,
                severity: Some(Severity::Mild),
                found_at: FIRST + Span::days(day) + Span::hours(9),
                fields: [(Field::FoundIn, found_in.as_str().to_owned())].into(),
                ended: None,
                number: format!("L-{row}"),
            });
        }
    }
    PutCases { import, rows }
}

both_stores! {
    async fn the_course_is_told_from_the_line_list(test: TestBed) {
        let bed = Bed::on(test).await;
        let commander = bed.role(Role::Commander, "2202").await;
        let page = async |query: &str| {
            bed.get(&format!("/cases/course{query}")).english().cookie(&commander).send().await
        };
        let empty = page("").await;
        assert_eq!(empty.status, StatusCode::OK, "{}", empty.text());
        assert!(empty.text().contains("too little to tell anything from"), "{}", empty.text());

        let PutCases { import, rows } = line_list(&bed, area(), 28);
        for rows in rows.chunks(300) {
            let put = PutCases { import, rows: rows.to_vec() };
            send(&bed.app, cases::Command::PutCases(put).into()).await;
        }
        // 2 * 2^(27/4) = 215 on the last day, a quarter of them in the community.
        let told = page("").await.text();
        assert!(told.contains("Infections on 2022-03-14"), "Infections on 2022-03-14");
        assert!(told.contains(">215<"), ">215<");
        assert!(told.contains("Found in the community") && told.contains(">25 %<"), "{told}");
        assert!(told.contains("in 4.0 days"), "doubles: {told}");
        assert!(told.contains("How good such forecasts were"), "How good such forecasts were");
        assert!(told.contains("/cases/counts/list?measure=infections&amp;day=2022-03-14"), "/cases/counts/list?measure=infections&amp;day=2022-03-14");
        let csv = page("?format=csv").await.text();
        assert_eq!(csv.lines().count(), 29, "{csv}");
        let earlier = page("?last=2022-03-10").await.text();
        assert!(earlier.contains("Infections on 2022-03-10"), "{earlier}");
        // As known an hour before the list came there was nothing.
        let before = page("?as_of=2022-03-15T07:00").await.text();
        assert!(before.contains("too little to tell anything from"), "{before}");
        let wrong = page("?last=28.3.").await.text();
        assert!(wrong.contains("That is no day."), "{wrong}");
        let today = page("?last=2099-01-01").await.text();
        assert!(today.contains("That day is not over."), "{today}");
    }
}
