use proptest::prelude::*;

use super::*;

const TODAY: Day = Day { year: 2022, month: 3, day: 15 };

fn number(body: &str) -> String {
    let check = resident_check(body.as_bytes()).expect("17 digits");
    format!("{body}{}", char::from(check))
}

fn person(id_number: Option<&str>) -> Identity {
    Identity {
        name: "张三丰".into(),
        id_type: IdType::Resident,
        id_number: id_number.map(Into::into),
        phone: None,
    }
}

fn with(mut identity: Identity, change: impl FnOnce(&mut Identity)) -> Identity {
    change(&mut identity);
    identity
}

fn code_of(identity: Identity) -> (&'static str, String) {
    let (field, refusal) = check(identity, TODAY).expect_err("refused");
    (field, refusal.code.into_owned())
}

#[test]
fn the_published_example_of_the_standard_is_right() {
    // GB 11643-1999 gives 11010519491231002X and 440524188001010014 as examples.
    let woman = resident_number("11010519491231002X", TODAY).expect("valid");
    assert_eq!(woman.birth, Day { year: 1949, month: 12, day: 31 });
    assert_eq!(woman.sex, Sex::Female);
    let man = resident_number("440524188001010014", TODAY).expect("valid");
    assert_eq!((man.birth.year, man.sex), (1880, Sex::Male));
}

#[test]
fn each_broken_rule_has_its_own_code() {
    assert_eq!(code_of(person(None)), ("id_number", "id-number-missing".into()));
    assert_eq!(code_of(person(Some("110105491231002"))), ("id_number", "id-number-old".into()));
    assert_eq!(code_of(person(Some("11010519491231002"))), ("id_number", "id-number-form".into()));
    assert_eq!(
        code_of(person(Some("110105194912310021"))),
        ("id_number", "id-number-check".into())
    );
    let born_tomorrow = number("22020220220316001");
    assert_eq!(code_of(person(Some(&born_tomorrow))), ("id_number", "birth-date".into()));
    let no_such_day = number("22020220210229001");
    assert_eq!(code_of(person(Some(&no_such_day))), ("id_number", "birth-date".into()));
    let nameless = with(person(None), |p| p.name = " \u{3000} ".into());
    assert_eq!(code_of(nameless), ("name", "name-missing".into()));
    let numbered = with(person(None), |p| p.name = "张3".into());
    assert_eq!(code_of(numbered), ("name", "name-form".into()));
    let newborn = with(person(Some("1")), |p| p.id_type = IdType::None);
    assert_eq!(code_of(newborn), ("id_number", "id-type-missing".into()));
    let rung = with(person(Some("11010519491231002X")), |p| p.phone = Some("12345".into()));
    assert_eq!(code_of(rung), ("phone", "phone-form".into()));
}

#[test]
fn other_documents_pass_by_their_type() {
    let traveller = Identity {
        name: "Anna  Müller".into(),
        id_type: IdType::Passport,
        id_number: Some("c01x 0001h".into()),
        phone: Some("+86 138-0013-8000".into()),
    };
    let checked = check(traveller, TODAY).expect("valid");
    assert_eq!(checked.identity.name, "Anna Müller");
    assert_eq!(checked.identity.id_number.as_deref(), Some("C01X0001H"));
    assert_eq!(checked.identity.phone.as_deref(), Some("13800138000"));
    assert_eq!(checked.resident, None);
    let newborn = with(person(None), |p| p.id_type = IdType::None);
    assert!(check(newborn, TODAY).is_ok());
}

#[test]
fn typed_forms_become_one() {
    assert_eq!(normal_number("１１０１０５ 19491231-002x"), "11010519491231002X");
    assert_eq!(normal_phone("0432-62345678").as_deref(), Some("043262345678"));
    assert_eq!(normal_phone("8613800138000"), None);
    assert_eq!(normal_phone(""), None);
    for text in
        ["1980-01-31", "1980/1/31", "1980.1.31", "19800131", "1980年1月31日", "1980-01-31 00:00:00"]
    {
        assert_eq!(Day::parse(text), Day::new(1980, 1, 31), "{text}");
    }
    assert_eq!(Day::parse("31.1.1980"), None);
    let evening = types::Micros::parse("2022-03-14T16:00:00Z").expect("a time");
    assert_eq!(Day::of(evening), Some(TODAY), "the day begins at midnight in Beijing");
}

#[test]
fn masks_keep_the_ends_only() {
    let identity = Identity {
        name: "张三丰".into(),
        id_type: IdType::Resident,
        id_number: Some("220202198001011234".into()),
        phone: Some("13800001234".into()),
    };
    let masked = identity.masked();
    assert_eq!(masked.name, "张**");
    assert_eq!(masked.id_number.as_deref(), Some("2202**********1234"));
    assert_eq!(masked.phone.as_deref(), Some("138****1234"));
    assert_eq!(with(identity.clone(), |p| p.name = "李".into()).masked().name, "李*");
    let passport = with(identity.clone(), |p| p.id_number = Some("E1234567".into()));
    assert_eq!(passport.masked().id_number.as_deref(), Some("E1****67"));
    let printed = format!("{identity:?}");
    assert!(!printed.contains("三丰") && !printed.contains("19800101"), "{printed}");
}

proptest! {
    #[test]
    fn any_single_wrong_digit_is_caught(body in "[1-9][0-9]{5}19[0-9]{2}(0[1-9]|1[0-2])[0-2][1-8][0-9]{3}", at in 0_usize..17, by in 1_u8..10) {
        let right = number(&body);
        prop_assert!(resident_number(&right, TODAY).is_ok());
        let mut wrong = right.into_bytes();
        wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
        let wrong = String::from_utf8(wrong).expect("ascii");
        prop_assert!(resident_number(&wrong, TODAY).is_err());
    }

    #[test]
    fn no_text_makes_a_rule_panic(name in ".*", id in ".*", phone in ".*", pick in 0_usize..7) {
        let identity = Identity { name, id_type: IdType::ALL[pick], id_number: Some(id), phone: Some(phone) };
        let _ = identity.masked();
        let _ = check(identity, TODAY);
        let _ = Day::parse("");
    }
}
