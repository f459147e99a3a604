//! Lists of contacts come in through the registry's imports: rehearsed, taken in once, every row accounted
//! for, and nobody followed twice.

mod support {
    pub mod clinic;
}

use std::io::Write;

use desks::House;
use ledger::Actor;
use registry::import::jobs::{Job, JobState, Jobs, NewJob, Settings};
use registry::import::{Kind, Wanted};
use store::both_stores;
use support::clinic::{As, Clinic, hour};
use tracing_desk::{ContactLists, Setting, Stage, investigation_of, views};
use types::{AreaScope, UnitId};
use uuid::Uuid;

struct Lists {
    clinic: Clinic,
    jobs: Jobs<House>,
}

impl Lists {
    async fn bring(&self, text: &str) -> Uuid {
        let mut incoming = self.jobs.begin().expect("begins");
        incoming.write_all(text.as_bytes()).expect("writes");
        let file = incoming.finish().expect("finishes");
        let new = NewJob {
            file,
            kind: Kind::Contacts,
            scope: AreaScope::parse("2202").expect("a scope"),
            file_name: "contacts.csv".into(),
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

    async fn named(&self, case: UnitId) -> Vec<tracing_desk::Contact> {
        views::named_by(&mut self.clinic.db().await, case).await.expect("a list")
    }
}

both_stores! {
    async fn a_list_of_contacts_is_rehearsed_and_taken_in_once(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let dir = clinic.bed.dir().join("imports");
        let desks = vec![std::sync::Arc::new(ContactLists) as _];
        let jobs = Jobs::open_with(clinic.engine.clone(), clinic.keys.clone(), &dir, desks);
        let lists = Lists { jobs: jobs.expect("opens"), clinic };
        let (case, opened) = lists.clinic.case(990, 1, As::well());
        lists.clinic.accept(vec![opened]).await;
        let last = hour(970).rfc3339();
        let day = &last[..10];
        let list = format!(
            "关联病例编码,姓名,证件号码,联系电话,末次接触时间,接触场景,地点编码\n\
             {case},张三,11010519491231002X,13800138000,{day} 08:30,同住,220202001001\n\
             {case},李四,,,{day},单位,220202001001\n\
             {case},张三,11010519491231002X,,{day} 10:00,聚餐,\n\
             {case},王五,,,2022-04-01,单位,220202001001\n\
             {case},赵六,,,yesterday,单位,\n\
             C220202.,钱七,,,{day},单位,\n\
             {case},孙八,,,{day},月球,\n"
        );
        let id = lists.bring(&list).await;
        let job = lists.jobs.job(id).await.expect("reads").expect("known");
        let seen = lists.jobs.inspect(&job, &Settings::default()).await.expect("inspects");
        assert!(seen.is_usable(), "{:?}", seen.tables[0].missing);

        let dry = lists.run(id, true).await;
        assert_eq!((dry.state, dry.error.clone()), (JobState::Rehearsed, None));
        assert!(lists.named(case).await.is_empty(), "a dry run changes nothing");
        let totals = dry.progress.totals;
        assert!(totals.add_up());
        // Of one person two meetings: both are taken in, and there is one follow-up.
        assert_eq!((totals.rows, totals.accepted, totals.rejected), (7, 3, 4));

        let done = lists.run(id, false).await;
        assert_eq!((done.state, done.progress.totals), (JobState::Done, totals));
        let named = lists.named(case).await;
        assert_eq!(named.len(), 2);
        let mut db = lists.clinic.db().await;
        let first = named.iter().find(|c| c.identity.as_ref().is_some_and(|i| i.id_index.is_some()));
        let first = first.expect("who has a number");
        assert_eq!(first.stage, Stage::Identified);
        let sources = views::sources(&mut db, &[first.id]).await.expect("sources");
        assert_eq!(sources[&first.id][0].setting, Setting::Meal);
        let of = views::investigation(&mut db, investigation_of(case)).await.expect("read");
        assert_eq!(of.expect("there").contacts, 2);
        drop(db);

        // Each row that was left out says by which field and rule.
        let (mut pieces, mut bytes) = (lists.jobs.csv(id, Wanted::default(), false), Vec::new());
        while let Some(piece) = pieces.recv().await {
            bytes.extend(piece.expect("a piece"));
        }
        let file = String::from_utf8(bytes).expect("UTF-8");
        for (name, field) in
            [("王五", "last_contact"), ("赵六", "last_contact"), ("钱七", "source_code"), ("孙八", "setting")]
        {
            let line = file.lines().find(|line| line.contains(name)).expect("the row");
            assert!(line.contains(&format!(",{field},")), "{line}");
        }

        // The same in another file: who has a number is known; of the others a name is no number.
        let again = lists.bring(&list).await;
        let again = lists.run(again, false).await;
        assert_eq!((again.progress.totals.accepted, again.progress.totals.duplicate), (1, 2));
        assert_eq!(lists.named(case).await.len(), 3);
        lists.clinic.audit().await;
    }
}
