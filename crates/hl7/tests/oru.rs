//! Reading one item: each value type, status and time, and each reason to refuse.

use hl7::codes::{Codes, Target};
use hl7::oru::{self, Options, TubeSource};
use hl7::{Ct, Cycles, Interpretation, LabResult, Message, ParseOptions, Rule, Status};

/// The items of a message with these segments after its header.
fn items(segments: &[&str], options: &Options) -> Vec<Result<LabResult, (Rule, String)>> {
    let text = format!("MSH|^~\\&|LIS|LAB|||20220320||ORU^R01|1|P|2.5\r{}", segments.join("\r"));
    let message = Message::parse(text.as_bytes(), &ParseOptions::default()).expect("well formed");
    let report = oru::read(&message, options).expect("a result message");
    let plain = |e: oru::ItemError| (e.fault.rule, e.fault.place.to_string());
    report.items.into_iter().map(|item| item.map_err(plain)).collect()
}

fn item(segments: &[&str]) -> Result<LabResult, (Rule, String)> {
    let mut items = items(segments, &Options::default());
    assert_eq!(items.len(), 1);
    items.remove(0)
}

/// The item of an order with one observation.
fn observed(obx: &str) -> Result<LabResult, (Rule, String)> {
    item(&["OBR|1|T-1", obx])
}

fn at(text: &str) -> Option<Ct> {
    Some(Ct::At(Cycles::parse(text).expect("a number of cycles")))
}

fn above(text: &str) -> Option<Ct> {
    Some(Ct::Above(Cycles::parse(text).expect("a number of cycles")))
}

#[test]
fn a_ct_is_read_from_every_value_type() {
    let n = |kind_and_value: &str, units: &str| {
        let (kind, value) = kind_and_value.split_once(' ').expect("type and value");
        observed(&format!("OBX|1|{kind}|94311-8^^LN||{value}|{units}|||||F")).map(|r| r.n)
    };
    for (given, expected) in [
        ("NM 31.05", at("31.05")),
        ("NM >40", above("40")),
        ("ST 31.05", at("31.05")),
        ("TX >= 38", above("38")),
        ("SN ^31.05", at("31.05")),
        ("SN =^31.05", at("31.05")),
        ("SN >^40", above("40")),
        ("SN >=^40", above("40")),
        ("SN 31.05", at("31.05")),
        ("CWE 260415000^Not detected^SCT", Some(Ct::Undetected)),
        ("CE ND^未检出^L", Some(Ct::Undetected)),
        ("CWE ^31.05", at("31.05")),
        ("FT NoCt", Some(Ct::Undetected)),
    ] {
        assert_eq!(n(given, "Ct").as_ref(), Ok(&expected), "{given}");
    }
    let at_value = |rule| Err((rule, "OBX[1]-5".to_owned()));
    assert_eq!(n("SN <^15", ""), at_value(Rule::CtForm));
    assert_eq!(n("SN ^30^-^31", ""), at_value(Rule::CtForm));
    assert_eq!(n("SN >^x", ""), at_value(Rule::CtNotANumber));
    assert_eq!(n("NM 31.05~31.06", ""), at_value(Rule::ValueRepeated));
    assert_eq!(n("NM 75", ""), at_value(Rule::CtOutOfRange));
    assert_eq!(n("NM about 30", ""), at_value(Rule::CtNotANumber));
    let at_type = |rule| Err((rule, "OBX[1]-2".to_owned()));
    assert_eq!(n("ED 31.05", ""), at_type(Rule::ValueTypeUnsupported));
    assert_eq!(n(" 31.05", ""), at_type(Rule::ValueTypeMissing));
    for units in ["", "{Ct_value}^Ct value^UCUM", "cycles", "1", "循环数"] {
        assert_eq!(n("NM 31.05", units), Ok(at("31.05")), "{units}");
    }
    let wrong_units = Err((Rule::UnitsNotCycles, "OBX[1]-6".to_owned()));
    assert_eq!(n("NM 31.05", "{copies}/mL"), wrong_units);
    assert_eq!(n("SN >^40", "IU/mL"), wrong_units);
}

#[test]
fn code_and_text_of_an_interpretation_must_agree() {
    let read = |value: &str| {
        observed(&format!("OBX|1|CWE|94500-6^^LN||{value}||||||F")).map(|r| r.interpretation)
    };
    for value in
        ["260373001^阳性^SCT", "X^positive^L", "260373001^see note^SCT", "^^^10828004^^SCT", "POS"]
    {
        assert_eq!(read(value), Ok(Some(Interpretation::Detected)), "{value}");
    }
    let refused = |rule| Err((rule, "OBX[1]-5".to_owned()));
    assert_eq!(read("260373001^阴性^SCT"), refused(Rule::InterpretationConflict));
    assert_eq!(read("260373001^^SCT^260415000^^SCT"), refused(Rule::InterpretationConflict));
    assert_eq!(read("A^see note^L"), refused(Rule::InterpretationUnknown));
    assert_eq!(read("阳性~阴性"), refused(Rule::ValueRepeated));
}

#[test]
fn the_status_is_the_least_final_one() {
    let read = |order: &str, first: &str, second: &str| {
        item(&[
            &format!("OBR|1|T-1{}{order}", "|".repeat(23)),
            &format!("OBX|1|NM|N||31||||||{first}"),
            &format!("OBX|2|ST|RESULT||POS||||||{second}"),
        ])
        .map(|r| (r.status, r.n.is_some(), r.interpretation.is_some()))
    };
    for (order, first, second, status) in [
        ("", "F", "F", Status::Final),
        ("F", "", "", Status::Final),
        ("", "U", "F", Status::Final),
        ("", "C", "F", Status::Corrected),
        ("C", "F", "F", Status::Corrected),
        ("F", "F", "P", Status::Preliminary),
        ("P", "F", "F", Status::Preliminary),
        ("C", "P", "C", Status::Preliminary),
        ("A", "", "F", Status::Preliminary),
        ("", "R", "S", Status::Preliminary),
    ] {
        assert_eq!(
            read(order, first, second),
            Ok((status, true, true)),
            "{order} {first} {second}"
        );
    }
    // What is void has no value; what is left counts.
    assert_eq!(read("", "D", "F"), Ok((Status::Final, false, true)));
    assert_eq!(read("", "N", "F"), Ok((Status::Final, false, true)));
    assert_eq!(read("", "X", "W"), Ok((Status::Cancelled, false, false)));
    assert_eq!(read("X", "", ""), Ok((Status::Cancelled, false, false)));
    let refused = |rule, place: &str| Err((rule, place.to_owned()));
    assert_eq!(read("X", "F", ""), refused(Rule::StatusConflict, "OBR[1]-25"));
    assert_eq!(read("", "", ""), refused(Rule::StatusMissing, "OBX[1]-11"));
    assert_eq!(read("", "Q", "F"), refused(Rule::StatusUnknown, "OBX[1]-11"));
    assert_eq!(read("Q", "", ""), refused(Rule::StatusUnknown, "OBR[1]-25"));
    assert_eq!(read("", "I", "O"), refused(Rule::ResultPending, "OBX[1]-11"));
    // One target is pending and one has a result: the result is what there is.
    assert_eq!(read("", "I", "F"), Ok((Status::Final, false, true)));
}

#[test]
fn an_order_without_observations_is_cancelled_pending_or_an_error() {
    let read =
        |order: &str| item(&[&format!("OBR|1|T-1{}{order}", "|".repeat(23))]).map(|r| r.status);
    assert_eq!(read("X"), Ok(Status::Cancelled));
    assert_eq!(read("I"), Err((Rule::ResultPending, "OBR[1]-25".to_owned())));
    assert_eq!(read("F"), Err((Rule::NoResult, "OBR[1]".to_owned())));
    assert_eq!(observed("OBX|1|NM|N||||||||F"), Err((Rule::NoResult, "OBR[1]".to_owned())));
    assert_eq!(observed("OBX|1|ST|N||N/A||||||F"), Err((Rule::NoResult, "OBR[1]".to_owned())));
    let nameless = observed("OBX|1|NM|||31||||||F");
    assert_eq!(nameless, Err((Rule::ObservationIdMissing, "OBX[1]-3".to_owned())));
}

#[test]
fn the_same_value_twice_is_fine_and_two_values_are_not() {
    let read = |second: &str| {
        item(&[
            "OBR|1|T-1",
            "OBX|1|NM|N||31.5||||||F",
            &format!("OBX|2|NM|94311-8^^LN||{second}||||||F"),
        ])
        .map(|r| r.n)
    };
    assert_eq!(read("31.50"), Ok(at("31.5")));
    assert_eq!(read("31.51"), Err((Rule::ValueConflict, "OBX[2]-5".to_owned())));
}

#[test]
fn the_analysis_time_goes_before_the_observation_time() {
    let read = |time14: &str, time19: &str| {
        observed(&format!("OBX|1|ST|RESULT||NEG||||||F|||{time14}|||||{time19}"))
            .map(|r| r.tested_at.map(|t| t.rfc3339()))
    };
    let time = |t: &str| Ok(Some(t.to_owned()));
    assert_eq!(read("20220320080000", "20220320140000"), time("2022-03-20T06:00:00Z"));
    assert_eq!(read("20220320080000", ""), time("2022-03-20T00:00:00Z"));
    assert_eq!(read("", ""), Ok(None));
    assert_eq!(read("", "soon"), Err((Rule::TimeMalformed, "OBX[1]-19".to_owned())));
    assert_eq!(read("20220320", ""), Err((Rule::TimeTooCoarse, "OBX[1]-14".to_owned())));
}

#[test]
fn the_tube_is_looked_for_in_order() {
    let result = "OBX|1|ST|RESULT||NEG||||||F";
    let options = Options::default();
    let tube = |obr: &str, spm: &str, options: &Options| {
        items(&[obr, result, spm], options).remove(0).map(|r| r.tube)
    };
    let full = ("OBR|1|PLACER&NS|FILLER", "SPM|1|SP-1&NS^SP-2");
    assert_eq!(tube(full.0, full.1, &options), Ok("SP-1".to_owned()));
    assert_eq!(tube(full.0, "SPM|1|^SP-2", &options), Ok("SP-2".to_owned()));
    assert_eq!(tube(full.0, "SPM|1|\"\"", &options), Ok("PLACER".to_owned()));
    assert_eq!(tube("OBR|1||FILLER", "SPM|1", &options), Ok("FILLER".to_owned()));
    assert_eq!(tube("OBR|1", "SPM|1", &options), Err((Rule::TubeMissing, "SPM[1]-2".to_owned())));
    // A bad code is an error and not a reason to take the next.
    let bad = tube(full.0, "SPM|1|2.2E+15", &options);
    assert_eq!(bad, Err((Rule::TubeMangled, "SPM[1]-2".to_owned())));
    let filler_only = Options { tube_from: vec![TubeSource::FillerOrder], ..Options::default() };
    assert_eq!(tube(full.0, full.1, &filler_only), Ok("FILLER".to_owned()));
}

#[test]
fn a_laboratory_with_its_own_codes_is_understood() {
    let codes = Codes::default()
        .with_code("PCR-07", Target::N)
        .with_word("反应性", Interpretation::Detected);
    let options = Options { codes, ..Options::default() };
    let own = ["OBR|1|T-1", "OBX|1|NM|PCR-07^^99LAB||30||||||F", "OBX|2|ST|^结果||反应性||||||F"];
    let read = items(&own, &options).remove(0).expect("understood");
    assert_eq!((read.n, read.interpretation), (at("30"), Some(Interpretation::Detected)));
    // A code that claims to be of LOINC is not looked up among the local ones.
    let claimed = ["OBR|1|T-1", "OBX|1|NM|PCR-07^^LN||30||||||F"];
    assert_eq!(items(&claimed, &options).remove(0).map_err(|e| e.0), Err(Rule::NoResult));
}

#[test]
fn what_is_not_a_target_is_kept_beside_the_result() {
    let read = item(&[
        "OBR|1|T-1",
        "OBX|1|ST|RESULT||NEG||||||F",
        "OBX|2|CE|94533-7^N gene presence^LN||260415000^Not detected^SCT",
        "OBX|3|NM|TEMP^^L||36.6",
    ])
    .expect("understood");
    let other: Vec<_> = read.other.iter().map(|o| (o.code.as_str(), o.value.as_str())).collect();
    assert_eq!(other, [("94533-7", "260415000^Not detected^SCT"), ("TEMP", "36.6")]);
}

#[test]
fn a_position_on_a_carrier_is_a_well() {
    let well = |sac11: &str| {
        item(&[
            "OBR|1|T-1",
            "OBX|1|ST|RESULT||NEG||||||F",
            "SPM|1|T-1",
            &format!("SAC||||||||||P-1|{sac11}"),
        ])
        .map(|r| (r.plate.unwrap_or_default(), r.well))
    };
    let on_plate = |well: &str| Ok(("P-1".to_owned(), Some(well.to_owned())));
    assert_eq!(well("1^12"), on_plate("A12"));
    assert_eq!(well("17^1"), on_plate("17^1"));
    assert_eq!(well("c4"), on_plate("C04"));
    assert_eq!(well("23"), on_plate("23"));
    assert_eq!(well(""), Ok(("P-1".to_owned(), None)));
}

#[test]
fn one_run_of_strays_is_one_item() {
    let read: Vec<_> = items(
        &[
            "OBX|1|ST|RESULT||NEG||||||F",
            "SPM|1|T-1",
            "OBR|1|T-2",
            "OBX|1|ST|RESULT||NEG||||||F",
            "PID|1",
            "SPM|1|T-3",
        ],
        &Options::default(),
    )
    .into_iter()
    .map(|item| item.map(|r| r.tube))
    .collect();
    let stray = |place: &str| Err((Rule::ObservationWithoutOrder, place.to_owned()));
    assert_eq!(read, [stray("OBX[1]"), Ok("T-2".to_owned()), stray("SPM[2]")]);
}
