use ledger::{Entry, LedgerError};
use types::{CommandId, HouseholdId, PersonId};
use uuid::Uuid;

use super::*;
use crate::command::{ChangeReason, LookDepth, PlaceDetails};
use crate::command::{Purpose, PutPerson};
use crate::event::PersonRef;
use crate::seal::{BlindIndex, Sealed};

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

fn code(text: &str) -> PlaceCode {
    PlaceCode::parse(text).expect("a place code")
}

fn person_id(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn identity(number: u8) -> SealedIdentity {
    SealedIdentity {
        sealed: Sealed(vec![1, number]),
        id_index: (number > 0).then_some(BlindIndex([number; 16])),
        phone_index: None,
        birth_year: Some(1980),
        sex: None,
    }
}

fn place(text: &str) -> PlaceDetails {
    PlaceDetails {
        code: code(text),
        name_zh: "某地".into(),
        name_en: String::new(),
        lon: None,
        lat: None,
        outline: None,
    }
}

/// A desk in memory: what the engine does, without a store.
struct Bench {
    state: State,
    seq: i64,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench { state: State::default(), seq: 0 };
        let wide = Command::PutPlaces(PutPlaces { places: vec![place("22"), place("2202")] });
        bench.run_in(AreaCode::NONE, &wide).expect("wide places");
        let places = [
            "220202",
            "220202001",
            "220202001001",
            "220202001001-03",
            "220202001001-03-05",
            "220202001001-03-05-2",
        ];
        let near = Command::PutPlaces(PutPlaces { places: places.map(place).to_vec() });
        bench.run(&near).expect("places");
        bench
    }

    fn run(&mut self, command: &Command) -> Answer {
        self.run_in(area(), command)
    }

    fn run_in(&mut self, area: AreaCode, command: &Command) -> Answer {
        let ask = Ask { area, event_time: Micros(1), command };
        let decision = decide(&self.state, ask)?;
        self.seq += 1;
        let entry = Entry {
            seq: self.seq,
            command: CommandId(Uuid::from_u128(self.seq as u128)),
            area,
            event_time: Micros(1),
            record_time: Micros(2),
            actor: "tester".into(),
            device: None,
        };
        for event in &decision.events {
            self.state.apply(&entry, event);
        }
        Ok(decision)
    }

    fn refusal(&mut self, command: &Command) -> String {
        self.run(command).expect_err("refused").code.into_owned()
    }
}

fn import(rows: &[(u32, u8, &str)]) -> Command {
    let import = Uuid::from_u128(0x1000_0000_0000);
    Command::PutPersons(PutPersons {
        import,
        households: rows
            .iter()
            .map(|(row, number, door)| PutHousehold {
                id: ids::household(&code("220202001001-03-05-2"), door),
                place: code("220202001001-03-05-2"),
                door: (*door).to_owned(),
                persons: vec![PutPerson {
                    id: ids::person(import, *row),
                    row: *row,
                    sealed: Sealed(vec![*number]),
                    id_index: (*number > 0).then_some(BlindIndex([*number; 16])),
                    phone_index: None,
                    birth_year: None,
                    sex: None,
                }],
            })
            .collect(),
    })
}

fn register(person: u128, number: u8, place: Option<&str>) -> Command {
    Command::RegisterPerson(RegisterPerson {
        person: person_id(person),
        details: Details::Sealed(identity(number)),
        address: place.map(|p| Address { place: code(p), door: "101".into() }),
    })
}

fn codes(decision: &Decision<Event>) -> Vec<String> {
    decision.notes.iter().map(|n| n.to_string()).collect()
}

#[test]
fn places_need_a_known_parent_the_right_area_and_a_form() {
    let mut bench = Bench::new();
    let put = |text: &str| Command::PutPlaces(PutPlaces { places: vec![place(text)] });
    assert_eq!(bench.refusal(&put("220202999001")), "place-parent-unknown");
    assert_eq!(bench.refusal(&put("220203")), "place-outside-area");
    assert_eq!(bench.refusal(&put("2202020")), "place-code-form");
    let nameless = PlaceDetails { name_zh: " ".into(), ..place("220202002") };
    let nameless = Command::PutPlaces(PutPlaces { places: vec![nameless] });
    assert_eq!(bench.refusal(&nameless), "place-name-missing");
    let twice = PutPlaces { places: vec![place("220202002"), place("220202002")] };
    assert_eq!(bench.refusal(&Command::PutPlaces(twice)), "place-twice");
    let both = PutPlaces { places: vec![place("220202002"), place("220202002001")] };
    assert!(bench.run(&Command::PutPlaces(both)).is_ok());
}

#[test]
fn a_number_is_taken_once_and_the_rest_is_named() {
    let mut bench = Bench::new();
    bench.run(&register(1, 9, Some("220202001001-03"))).expect("registers");
    // Row 2 is registered, rows 4 and 5 repeat row 1, row 5 at another door, row 6 has no number.
    let chunk = import(&[
        (1, 1, "301"),
        (2, 9, "301"),
        (3, 2, "302"),
        (4, 1, "301"),
        (5, 1, "303"),
        (6, 0, "304"),
        (7, 0, "304"),
    ]);
    let decision = bench.run(&chunk).expect("accepted");
    assert_eq!(
        codes(&decision),
        ["persons-duplicate rows=2", "persons-repeated rows=4=1 5=1", "persons-moved rows=2 5"]
    );
    assert_eq!(rows_of_note(&decision.notes[1]), [(4, Some(1)), (5, Some(1))]);
    let again = bench.run(&import(&[(8, 2, "302")])).expect("accepted");
    assert_eq!(codes(&again), ["persons-repeated rows=8=3"]);
    assert!(again.events.is_empty());
}

#[test]
fn an_import_needs_a_place_that_is_known_and_near_enough() {
    let mut bench = Bench::new();
    let mut chunk = import(&[(1, 1, "301")]);
    let Command::PutPersons(put) = &mut chunk else { unreachable!() };
    put.households[0].place = code("220202001001-04");
    assert_eq!(bench.refusal(&chunk), "place-unknown");
    let Command::PutPersons(put) = &mut chunk else { unreachable!() };
    put.households[0].place = code("220202001");
    assert_eq!(bench.refusal(&chunk), "place-too-wide");
    let Command::PutPersons(put) = &mut chunk else { unreachable!() };
    put.households[0].place = code("220203001001");
    assert_eq!(bench.refusal(&chunk), "place-outside-area");
}

#[test]
fn a_walk_in_whose_number_is_known_becomes_another_name() {
    let mut bench = Bench::new();
    bench.run(&register(1, 9, Some("220202001001-03"))).expect("registers");
    let second = bench.run(&register(2, 9, None)).expect("accepted with a note");
    assert_eq!(codes(&second), [format!("person-registered-before person={}", person_id(1))]);
    let row = bench.state.person(area(), person_id(2)).expect("a row");
    assert_eq!(row.same_as, Some(PersonRef { area: area(), person: person_id(1) }));
    assert_eq!(row.identity.id_index, None);
    assert_eq!(bench.refusal(&register(2, 3, None)), "person-exists");
    assert!(bench.run(&register(3, 0, Some("220202"))).expect("county only").notes.is_empty());
    assert_eq!(
        bench
            .state
            .person(area(), person_id(3))
            .and_then(|p| p.home.clone())
            .and_then(|h| h.household),
        None
    );
}

#[test]
fn a_correction_may_not_take_another_persons_number() {
    let mut bench = Bench::new();
    bench.run(&register(1, 1, Some("220202001001-03"))).expect("registers");
    bench.run(&register(2, 2, Some("220202001001-03"))).expect("registers");
    let change = |person, number: Option<u8>, place: Option<&str>| {
        Command::ChangePerson(ChangePerson {
            person: person_id(person),
            details: number.map(|n| Details::Sealed(identity(n))),
            address: place.map(|p| Address { place: code(p), door: "9".into() }),
            reason: ChangeReason::Mistyped,
            note: String::new(),
        })
    };
    assert_eq!(bench.refusal(&change(2, Some(1), None)), "id-number-taken");
    assert_eq!(bench.refusal(&change(7, Some(1), None)), "person-unknown");
    assert_eq!(bench.refusal(&change(2, None, None)), "nothing-to-change");
    bench.run(&change(2, Some(3), Some("220202001001"))).expect("changes");
    // The number that was given up is free again.
    assert!(codes(&bench.run(&register(4, 2, None)).expect("registers")).is_empty());
    assert_eq!(bench.refusal(&change(1, Some(3), None)), "id-number-taken");
}

#[test]
fn a_move_is_settled_once_by_a_person() {
    let mut bench = Bench::new();
    bench.run(&register(1, 9, Some("220202001001-03"))).expect("registers");
    bench.run(&import(&[(2, 9, "301")])).expect("finds it elsewhere");
    let to = ids::household(&code("220202001001-03-05-2"), "301");
    let settle = |household| {
        Command::SettleMove(SettleMove { person: person_id(1), household, accept: true })
    };
    let nowhere = HouseholdId(Uuid::from_u128(5));
    assert_eq!(bench.refusal(&settle(nowhere)), "move-not-open");
    bench.run(&settle(to)).expect("accepted");
    let home = bench.state.person(area(), person_id(1)).and_then(|p| p.home.clone());
    assert_eq!(home.and_then(|h| h.household), Some(to));
    assert_eq!(bench.refusal(&settle(to)), "move-not-open");
}

#[test]
fn clear_personal_data_is_neither_taken_nor_written() {
    let mut bench = Bench::new();
    let json = r#"{"register_person":{"person":"0190b3b0-0000-7000-8000-000000000001",
        "details":{"name":"张三","id_number":"11010519491231002X","phone":"13800138000"}}}"#;
    let mut command: Command = serde_json::from_str(json).expect("a command");
    assert_eq!(bench.refusal(&command), "personal-data-unsealed");
    let journal = serde_json::to_string(&command).expect("json");
    assert!(!journal.contains("张三") && !journal.contains("110105"), "{journal}");
    assert!(!format!("{command:?}").contains("110105"));

    let keys = crate::seal::Keys::ephemeral().expect("keys");
    let today = crate::identity::Day::new(2022, 3, 15).expect("a day");
    command.seal(&keys, area(), today).expect("seals");
    let journal = serde_json::to_string(&command).expect("json");
    assert!(!journal.contains("张三") && !journal.contains("110105"), "{journal}");
    assert_eq!(serde_json::from_str::<Command>(&journal).expect("reads back"), command);
    bench.run(&command).expect("registers");
    let again = command.seal(&keys, area(), today).expect_err("sealed already");
    assert_eq!(again.code, "personal-data-presealed");
}

#[test]
fn a_look_names_a_known_person_and_a_short_note() {
    let mut bench = Bench::new();
    let look = |at, note: &str| {
        Command::Look(Look {
            at,
            depth: LookDepth::Reveal,
            purpose: Purpose::Result,
            note: note.to_owned(),
        })
    };
    let someone = LookedAt::Person(person_id(1));
    assert_eq!(bench.refusal(&look(someone.clone(), "")), "person-unknown");
    bench.run(&register(1, 9, None)).expect("registers");
    assert!(bench.run(&look(someone.clone(), "")).is_ok());
    assert_eq!(bench.refusal(&look(someone, &"长".repeat(201))), "note-too-long");
    let nowhere = LookedAt::Place(code("220202001009"));
    assert_eq!(bench.refusal(&look(nowhere, "")), "place-unknown");
}

#[test]
fn every_command_and_event_reads_back_from_its_json() -> Result<(), LedgerError> {
    let mut bench = Bench::new();
    let commands = [
        register(1, 9, Some("220202001001-03")),
        import(&[(1, 1, "301"), (2, 9, "302")]),
        Command::IssueCodes(IssueCodes {
            codes: vec![(
                ids::household(&code("220202001001-03-05-2"), "301"),
                BlindIndex([7; 16]),
            )],
        }),
    ];
    for command in commands {
        let text = serde_json::to_string(&command).expect("json");
        assert_eq!(serde_json::from_str::<Command>(&text).expect("reads"), command);
        for event in bench.run(&command).expect("accepted").events {
            let text = serde_json::to_string(&event).expect("json");
            assert_eq!(serde_json::from_str::<Event>(&text).expect("reads"), event);
        }
    }
    Ok(())
}
