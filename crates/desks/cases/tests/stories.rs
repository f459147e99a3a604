//! Stories of cases, each on both stores, each audited at its end.

#[path = "support/ward.rs"]
mod ward;

use cases::{
    Class, Close, Command, Convention, Edit, EditOf, Ending, Field, FoundIn, Lungs, Measure, Merge,
    Observation, Patch, PutCase, PutCases, Revise, ReviseRow, Severity, StateClass, views,
};
use registry::command::SealedIdentity;
use registry::identity::{Day, IdType, Identity};
use store::both_stores;
use types::UnitId;
use ward::{
    Ward, area, command_id, coughing, found_in, hour, observe, person, publish, scope, sent, well,
};

fn codes(outcome: &ledger::Outcome) -> Vec<String> {
    outcome.notes.iter().map(|note| note.code.to_string()).collect()
}

async fn ids(ward: &Ward, filter: &views::Filter) -> Vec<UnitId> {
    let listed = views::list(&mut ward.db().await, filter, None, 1_000).await.expect("a list");
    listed.iter().map(|case| case.id).collect()
}

both_stores! {
    async fn a_case_goes_from_a_suspicion_to_its_discharge(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let case = ward.opened(ward.open(1, 1, "王小明", "1980-01-31", Class::Suspected)).await;
        assert_eq!(ward.case(case).await.class(), Class::Suspected);
        ward.accept(vec![observe(2, case, coughing())]).await;
        assert_eq!(ward.case(case).await.class(), Class::Suspected, "a cough is no infection");
        let stated = StateClass {
            case,
            class: Class::Confirmed,
            severity: None,
            note: "positive at the fever clinic".into(),
        };
        ward.accept(vec![sent(5, Command::State(stated))]).await;
        let row = ward.case(case).await;
        assert_eq!((row.class(), row.severity()), (Class::Confirmed, Some(Severity::Mild)));
        let grave = Observation {
            respiratory_rate: Some(32),
            spo2: Some(91.0),
            lungs: Some(Lungs::Pneumonia),
            ..Observation::default()
        };
        ward.accept(vec![observe(8, case, grave)]).await;
        let row = ward.case(case).await;
        assert_eq!(row.severity(), Some(Severity::Severe));
        let by = row.judged.severity_by.expect("a basis");
        assert_eq!(by.rule, "sev.adult");
        let shown: Vec<&str> = by.evidence.iter().map(|e| e.what.as_str()).collect();
        assert_eq!(shown, ["respiratory_rate", "spo2"]);
        let better = Observation {
            respiratory_rate: Some(20),
            spo2: Some(97.0),
            ..Observation::default()
        };
        ward.accept(vec![observe(30, case, better)]).await;
        let row = ward.case(case).await;
        assert_eq!((row.severity(), row.worst), (Some(Severity::Moderate), Some(Severity::Severe)));
        let close = |ending| Command::Close(Close { case, ending, note: "two tests".into() });
        assert_eq!(ward.refusal(sent(99, close(Ending::Released))).await, "ending-does-not-fit");
        ward.accept(vec![sent(100, close(Ending::Discharged))]).await;
        assert_eq!(ward.refusal(sent(101, close(Ending::Died))).await, "case-has-ended");
        let figures = ward.figures(0, 200).await;
        for (measure, n) in [
            (Measure::Suspected, 0),
            (Measure::Infections, 1),
            (Measure::Confirmed, 1),
            (Measure::Converted, 0),
            (Measure::Severe, 1),
            (Measure::Discharged, 1),
        ] {
            assert_eq!(figures.total(measure), n, "{measure}");
        }
        let history = views::history(&mut ward.db().await, case).await.expect("a history");
        let what: Vec<&str> = history.iter().map(|line| line.what.as_str()).collect();
        assert_eq!(what, ["opened", "observed", "stated", "observed", "observed", "closed"]);
        ward.audit().await;
    }

    async fn a_conversion_is_counted_once_and_a_late_word_is_a_correction(bed: TestBed) {
        let ward = Ward::new(bed).await;
        ward.at(12);
        let open = ward.open(2, 1, "李雷", "1990-02-02", Class::ScreenPositive);
        let case = ward.opened(open).await;
        assert_eq!(ward.case(case).await.severity(), None);
        ward.accept(vec![observe(4, case, well())]).await;
        assert_eq!(ward.case(case).await.class(), Class::Asymptomatic);
        ward.at(40);
        ward.accept(vec![observe(36, case, coughing())]).await;
        assert_eq!(ward.case(case).await.class(), Class::Converted);
        let (first, second) = (ward.figures(0, 24).await, ward.figures(24, 48).await);
        assert_eq!((first.total(Measure::Asymptomatic), first.total(Measure::Confirmed)), (1, 0));
        assert_eq!((second.total(Measure::Confirmed), second.total(Measure::Converted)), (1, 1));
        assert_eq!(second.total(Measure::Asymptomatic), 0);
        let whole = ward.figures(0, 48).await;
        assert_eq!(whole.confirmed(cases::Convention::Bulletin), 1);
        assert_eq!(whole.confirmed(cases::Convention::Who), 1, "each infection once");

        // A doctor's phone syncs late: the cough was there before anybody had found the person well.
        ward.at(60);
        ward.accept(vec![observe(3, case, coughing())]).await;
        assert_eq!(ward.case(case).await.class(), Class::Confirmed);
        let whole = ward.figures(0, 48).await;
        let counted = |m| whole.total(m);
        assert_eq!((counted(Measure::Confirmed), counted(Measure::Converted)), (1, 0));
        assert_eq!((counted(Measure::Asymptomatic), counted(Measure::Infections)), (0, 1));
        // As it was known before, it still is what it was.
        let before = ward.figures_as_of(0, 48, Some(50)).await;
        assert_eq!((before.total(Measure::Converted), before.total(Measure::Asymptomatic)), (1, 1));
        ward.audit().await;
    }

    async fn every_figure_opens_its_list(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let mut opened = Vec::new();
        for n in 1..=6_u32 {
            let place = if n % 2 == 0 { FoundIn::Quarantine } else { FoundIn::Community };
            let who = ("赵六", "1950-05-05", None);
            let envelope = ward.open_with(i64::from(n), n, who, Class::Asymptomatic, place);
            opened.push(ward.opened(envelope).await);
        }
        let figures = ward.figures(0, 24).await;
        assert_eq!(figures.found(Measure::Infections, Some(FoundIn::Community)), 3);
        assert_eq!(figures.total(Measure::Asymptomatic), 6);
        let window = views::Window { scope: scope(), from: hour(0), until: hour(24), as_of: None };
        let mut db = ward.db().await;
        let community = Some(Some(FoundIn::Community));
        let infections = (Measure::Infections, Convention::Bulletin);
        let listed = views::tallied(&mut db, &window, infections, community, None, 10);
        assert_eq!(listed.await.expect("a list").len(), 3);
        // One turns out to have been found elsewhere.
        let edit = Edit {
            cases: vec![EditOf { case: opened[0], version: Some(1) }],
            fields: found_in(FoundIn::Locked),
            note: "asked again".into(),
        };
        ward.accept(vec![sent(30, Command::Edit(edit))]).await;
        let figures = ward.figures(0, 24).await;
        assert_eq!(figures.found(Measure::Infections, Some(FoundIn::Community)), 2);
        assert_eq!(figures.found(Measure::Infections, Some(FoundIn::Locked)), 1);
        let listed = views::tallied(&mut db, &window, infections, community, None, 10);
        assert_eq!(listed.await.expect("a list").len(), 2);
        let filter = views::Filter { found_in: community, ..views::Filter::of(scope()) };
        assert_eq!(ids(&ward, &filter).await, [opened[4], opened[2]]);
        ward.audit().await;
    }

    async fn two_records_are_found_merged_and_parted_again(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let phone = Some("13800138000");
        let open = |at, n, name, birth| {
            ward.open_with(at, n, (name, birth, phone), Class::ScreenPositive, FoundIn::Community)
        };
        let first = ward.opened(open(1, 1, "王小明", "1980-01-31")).await;
        let sister = ward.opened(open(1, 2, "王小红", "1984-06-01")).await;
        let twice = open(5, 3, "王晓明", "1980-01-31");
        let second = cases::case_of_command(area(), twice.id);
        let outcomes = ward.accept(vec![twice]).await;
        assert_eq!(codes(&outcomes[0]), ["case-perhaps-twice"]);
        let pairs = views::pairs(&mut ward.db().await, scope(), None, 10).await.expect("pairs");
        assert_eq!(pairs.len(), 1, "a sister has the telephone, and another year of birth");
        assert_eq!((pairs[0].case, pairs[0].other), (second, first));

        ward.accept(vec![observe(6, first, well()), observe(7, second, coughing())]).await;
        assert_eq!(ward.figures(0, 24).await.total(Measure::Infections), 3);
        let merge = |keep, gone| Command::Merge(Merge { keep, gone, note: "the same man".into() });
        assert_eq!(ward.refusal(sent(8, merge(first, first))).await, "case-merges-itself");
        ward.accept(vec![sent(9, merge(first, second))]).await;
        let (keep, gone) = (ward.case(first).await, ward.case(second).await);
        assert_eq!((keep.class(), gone.merged_into), (Class::Converted, Some(first)));
        let figures = ward.figures(0, 24).await;
        assert_eq!((figures.total(Measure::Infections), figures.total(Measure::Converted)), (2, 1));
        assert_eq!(ids(&ward, &views::Filter::of(scope())).await.len(), 2);
        assert_eq!(ward.refusal(sent(10, merge(sister, second))).await, "case-is-merged");
        assert_eq!(ward.refusal(sent(10, merge(sister, first))).await, "case-stands-for-others");
        // What comes for the record that is gone goes to the one that stands.
        let outcomes = ward.accept(vec![observe(12, second, coughing())]).await;
        assert_eq!(codes(&outcomes[0]), ["case-merged"]);
        assert!(views::pairs(&mut ward.db().await, scope(), None, 10).await.expect("pairs").is_empty());

        let unmerge = Command::Unmerge { case: second, note: "two men after all".into() };
        ward.accept(vec![sent(13, unmerge)]).await;
        let (keep, gone) = (ward.case(first).await, ward.case(second).await);
        assert_eq!((gone.class(), gone.merged_into), (Class::Confirmed, None));
        assert_eq!(keep.class(), Class::Converted, "the cough of twelve o'clock stays with it");
        assert_eq!(ward.figures(0, 24).await.total(Measure::Infections), 3);
        let different =
            Command::SettlePair { case: first, other: second, note: "twins".into() };
        ward.accept(vec![sent(14, different)]).await;
        assert!(views::pairs(&mut ward.db().await, scope(), None, 10).await.expect("pairs").is_empty());
        ward.audit().await;
    }

    async fn three_hundred_cases_are_edited_in_one_act_and_taken_back(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let mut envelopes = Vec::new();
        for n in 0..300_u32 {
            let birth = format!("19{:02}-01-{:02}", 30 + n % 60, 1 + n % 28);
            let name = format!("病人{}", char::from_u32(0x4e00 + n).expect("a character"));
            envelopes.push(ward.open(1, n, &name, &birth, Class::Asymptomatic));
        }
        let cases: Vec<UnitId> =
            envelopes.iter().map(|e| cases::case_of_command(area(), e.id)).collect();
        ward.accept(envelopes).await;
        let of = |cases: &[UnitId]| -> Vec<EditOf> {
            cases.iter().map(|case| EditOf { case: *case, version: None }).collect()
        };
        let cluster = |text: &str| Patch::from([(Field::Cluster, text.to_owned())]);
        let edit = Edit { cases: of(&cases), fields: cluster("College"), note: "one school".into() };
        let act = sent(2, Command::Edit(edit));
        let id = act.id;
        ward.accept(vec![act]).await;
        let acts = views::edits(&mut ward.db().await, area(), 10).await.expect("acts");
        assert_eq!((acts[0].command, acts[0].cases), (id, 300));
        assert_eq!(ward.case(cases[299]).await.fields[&Field::Cluster], "College");
        // One of them is changed again by somebody else, so it stays as it is.
        let edit = Edit { cases: of(&cases[..1]), fields: cluster("Market"), note: String::new() };
        ward.accept(vec![sent(3, Command::Edit(edit))]).await;
        let undo = || Command::UndoEdit { command: id };
        let outcomes = ward.accept(vec![sent(4, undo())]).await;
        assert_eq!(codes(&outcomes[0]), ["cases-changed-since"]);
        assert_eq!(ward.case(cases[0]).await.fields[&Field::Cluster], "Market");
        assert!(!ward.case(cases[1]).await.fields.contains_key(&Field::Cluster));
        assert_eq!(ward.refusal(sent(5, undo())).await, "case-changed-since");
        // A version that was seen and is no more is a conflict.
        let stale = Edit {
            cases: vec![EditOf { case: cases[5], version: Some(1) }],
            fields: cluster("Dormitory"),
            note: String::new(),
        };
        assert_eq!(ward.refusal(sent(6, Command::Edit(stale))).await, "case-changed-since");
        ward.audit().await;
    }

    async fn an_exported_list_comes_back_row_by_row(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let mut opened = Vec::new();
        for n in 0..4 {
            let birth = format!("198{n}-01-31");
            opened.push(ward.opened(ward.open(1, n, "孙七", &birth, Class::Asymptomatic)).await);
        }
        let row = |n: usize, version, text: &str| ReviseRow {
            row: n as u32 + 2,
            case: opened[n],
            version,
            fields: Patch::from([(Field::Occupation, text.to_owned())]),
        };
        let unknown = ReviseRow {
            row: 9,
            case: cases::case_of_command(area(), command_id()),
            version: 1,
            fields: Patch::new(),
        };
        let bad = ReviseRow {
            fields: Patch::from([(Field::Onset, "yesterday".into())]),
            ..row(3, 1, "")
        };
        let rows = vec![row(0, 1, "student"), row(1, 7, "cook"), row(2, 1, ""), bad, unknown];
        let outcomes = ward.accept(vec![sent(3, Command::Revise(Revise { rows }))]).await;
        let told: Vec<String> = outcomes[0]
            .notes
            .iter()
            .map(|note| format!("{} {}", note.code, note.args[0].1))
            .collect();
        assert_eq!(
            told,
            ["rows-conflict 3", "rows-unchanged 4", "rows-unknown 9", "rows-rejected 5=onset-form"]
        );
        assert_eq!(ward.case(opened[0]).await.fields[&Field::Occupation], "student");
        assert_eq!(ward.case(opened[0]).await.version, 2);
        ward.audit().await;
    }

    async fn a_line_list_is_taken_in_once(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let import = registry_import();
        let row = |n: u32, number: &str, fields: Patch| {
            let identity = Identity {
                name: format!("周{n}"),
                id_type: IdType::Other,
                id_number: Some(number.to_owned()),
                phone: None,
            };
            let keys = cases::keys::of_identity(&ward.keys, &identity, Day::new(1970, 3, 3), None);
            let sealed = ward.keys.seal(area(), person(1_000 + n), &identity).expect("sealed");
            PutCase {
                row: n,
                person: person(1_000 + n),
                identity: SealedIdentity {
                    sealed,
                    id_index: None,
                    phone_index: None,
                    birth_year: Some(1970),
                    sex: None,
                },
                age_months: None,
                keys,
                class: Class::Confirmed,
                severity: Some(Severity::Moderate),
                found_at: hour(i64::from(n)),
                fields,
                ended: (n == 1).then(|| (Ending::Discharged, hour(90))),
                number: String::new(),
            }
        };
        let community = || found_in(FoundIn::Community);
        let rows = vec![
            row(1, "A1", community()),
            row(2, "A2", community()),
            row(3, "A1", community()),
            row(4, "A4", Patch::new()),
        ];
        let put = || Command::PutCases(PutCases { import, rows: rows.clone() });
        let outcomes = ward.accept(vec![sent(100, put())]).await;
        assert_eq!(codes(&outcomes[0]), ["cases-duplicate", "cases-rejected"]);
        assert_eq!(ids(&ward, &views::Filter::of(scope())).await.len(), 2);
        let outcomes = ward.accept(vec![sent(101, put())]).await;
        assert_eq!(ids(&ward, &views::Filter::of(scope())).await.len(), 2);
        assert_eq!(codes(&outcomes[0]), ["cases-duplicate", "cases-rejected"]);
        let figures = ward.figures(0, 200).await;
        assert_eq!((figures.total(Measure::Confirmed), figures.total(Measure::Discharged)), (2, 1));
        let filter = views::Filter { status: views::Status::Open, ..views::Filter::of(scope()) };
        assert_eq!(ids(&ward, &filter).await.len(), 1);
        ward.audit().await;
    }

    async fn what_was_published_stands_and_is_corrected_in_the_open(bed: TestBed) {
        let ward = Ward::new(bed).await;
        ward.at(25);
        let open = ward.open(2, 1, "吴八", "1990-02-02", Class::Confirmed);
        // In one group with what it counts.
        let bulletin = publish(25, 0, 24, None);
        let first = bulletin.id;
        ward.accept(vec![open, bulletin]).await;
        assert_eq!(ward.refusal(publish(25, 24, 48, None)).await, "window-not-over");
        ward.at(50);
        ward.opened(ward.open(3, 2, "郑九", "1991-02-02", Class::Confirmed)).await;
        let wrong = publish(50, 0, 23, Some(first));
        assert_eq!(ward.refusal(wrong).await, "publication-unknown");
        ward.accept(vec![publish(50, 0, 24, Some(first))]).await;
        let all = views::publications(&mut ward.db().await, scope(), 10).await.expect("all");
        let totals: Vec<i64> = all.iter().map(|p| p.total(Measure::Confirmed)).collect();
        assert_eq!(totals, [2, 1]);
        assert_eq!(all[0].corrects, Some(first));
        let then = ward.figures_as_of(0, 24, Some(26)).await;
        assert_eq!(then.total(Measure::Confirmed), 1, "as known when it was published");
        ward.audit().await;
    }

    async fn what_cannot_be_is_refused_by_name(bed: TestBed) {
        let ward = Ward::new(bed).await;
        let mut nowhere = ward.open(1, 1, "冯十", "1980-01-31", Class::Confirmed);
        if let Command::Open(open) = &mut nowhere.command {
            open.fields.clear();
        }
        assert_eq!(ward.refusal(nowhere).await, "found-in-missing");
        let case = ward.opened(ward.open(1, 1, "冯十", "1980-01-31", Class::Asymptomatic)).await;
        let again = ward.open(2, 1, "冯十", "1980-01-31", Class::Asymptomatic);
        assert_eq!(ward.refusal(again).await, "case-exists");
        for (observation, code) in [
            (Observation::default(), "observation-empty"),
            (Observation { spo2: Some(140.0), ..Observation::default() }, "measure-out-of-range"),
            (
                Observation { signs: Some(vec!["green".into()]), ..Observation::default() },
                "protocol-code-unknown",
            ),
        ] {
            assert_eq!(ward.refusal(observe(3, case, observation)).await, code);
        }
        let clear = Edit {
            cases: vec![EditOf { case, version: None }],
            fields: Patch::from([(Field::FoundIn, String::new())]),
            note: String::new(),
        };
        assert_eq!(ward.refusal(sent(4, Command::Edit(clear))).await, "found-in-missing");
        let unknown = cases::case_of_command(area(), command_id());
        assert_eq!(ward.refusal(observe(5, unknown, well())).await, "case-unknown");
        ward.accept(vec![sent(6, Command::Report { case, number: "2202-17".into() })]).await;
        let report = Command::Report { case, number: String::new() };
        assert_eq!(ward.refusal(sent(7, report)).await, "case-reported-before");
        ward.audit().await;
    }
}

fn registry_import() -> uuid::Uuid {
    uuid::Uuid::from_bytes([9; 16])
}
