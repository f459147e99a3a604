//! Files of results: headers, encodings, rows that span lines, and files that break off.

use std::io::Read;

use hl7::charset::Charset;
use hl7::codes::{Codes, Target};
use hl7::csv::{Counts, Options, Reader, Row};
use hl7::{Error, Fault, Interpretation, LabResult, Rule};

fn read(bytes: &[u8], options: Options) -> (Vec<Row>, Counts) {
    let mut reader = Reader::new(bytes, options).unwrap_or_else(|e| panic!("{e}"));
    let rows = reader.by_ref().map(|row| row.expect("memory does not fail")).collect();
    (rows, reader.counts())
}

/// The tubes of accepted rows, and the rules that the others break.
fn rows(bytes: &[u8]) -> Vec<Result<String, Rule>> {
    let (rows, counts) = read(bytes, Options::default());
    assert_eq!(counts.rows, rows.len() as u64);
    rows.into_iter().map(|row| row.map(|r| r.tube).map_err(|e| e.fault.rule)).collect()
}

fn one(bytes: &[u8]) -> LabResult {
    let (mut rows, _) = read(bytes, Options::default());
    assert_eq!(rows.len(), 1);
    rows.remove(0).unwrap_or_else(|e| panic!("{e}"))
}

fn header_fault(bytes: &[u8]) -> Fault {
    match Reader::new(bytes, Options::default()) {
        Err(Error::Fault(fault)) => fault,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("this header must be refused"),
    }
}

fn tube(text: &str) -> Result<String, Rule> {
    Ok(text.to_owned())
}

#[test]
fn columns_are_known_by_any_of_their_names() {
    for header in
        ["tube,result", "Result , TUBE", "RESULT,Tube-Code", "检测结果,管码", "result,sample_id"]
    {
        let swapped = !header.starts_with("tube");
        let row = if swapped { "neg,T1" } else { "T1,neg" };
        let result = one(format!("{header}\r\n{row}\r\n").as_bytes());
        assert_eq!(result.tube, "T1", "{header}");
        assert_eq!(result.interpretation, Some(Interpretation::NotDetected));
        assert_eq!(result.filler_order, None);
    }
    let both = one("样本编号,管码,结果\n7,T1,阴性".as_bytes());
    assert_eq!((both.tube.as_str(), both.filler_order.as_deref()), ("T1", Some("7")));
}

#[test]
fn a_header_that_cannot_be_right_is_refused() {
    assert_eq!(header_fault(b"").rule, Rule::HeaderMissing);
    assert_eq!(header_fault(b"\r\n ,\r\n").rule, Rule::HeaderMissing);
    assert_eq!(header_fault(b"tube,plate").rule, Rule::ColumnMissing);
    assert_eq!(header_fault(b"result,plate").rule, Rule::ColumnMissing);
    assert_eq!(header_fault(b"\"tube,result").rule, Rule::QuoteOpen);
    let twice = header_fault("tube,管码,result".as_bytes());
    assert_eq!((twice.rule, twice.found.as_str()), (Rule::ColumnTwice, "管码"));
    assert_eq!(header_fault(b"\xFF\xFEt\0u\0b\0e\0").rule, Rule::Undecodable);
    assert_eq!(header_fault(b"tube,result,\xFF\xFF\xFF").rule, Rule::Undecodable);
}

#[test]
fn the_encoding_is_told_from_the_header_or_the_first_row_that_needs_it() {
    let gbk = |text: &str| Charset::Gb18030.encode(text).expect("in GB 18030").into_owned();
    let utf8 = |text: &str| text.as_bytes().to_vec();
    for encode in [&gbk as &dyn Fn(&str) -> Vec<u8>, &utf8] {
        for header in ["管码,结果", "tube,result"] {
            let bytes = encode(&format!("{header}\nT1,neg\nT2,阳性\nT3,无效\n"));
            assert_eq!(rows(&bytes), [tube("T1"), tube("T2"), tube("T3")]);
        }
    }
    // What is not text in the encoding of the rows before it is refused, not guessed at.
    let mixed = [utf8("tube,result\nT1,阳性\n"), gbk("T2,阳性\n"), utf8("T3,阴性")].concat();
    assert_eq!(rows(&mixed), [tube("T1"), Err(Rule::Undecodable), tube("T3")]);
    let given = Options { charset: Some(Charset::Gb18030), ..Options::default() };
    let (accepted, _) = read(&gbk("tube,result\nT1,阳性\n"), given);
    assert!(accepted[0].is_ok());
}

#[test]
fn a_quoted_cell_may_span_lines_but_a_stray_mark_swallows_none() {
    let whole = one(b"tube,result,note\nT1,neg,\"two\r\nlines, one note\"\n");
    assert_eq!(whole.other[0].value, "two\r\nlines, one note");
    // The stray mark of T1 closes at that of T3, but the columns do not add up.
    let stray = b"tube,result,note\nT1,neg,\"oh\nT2,neg,\nT3,neg,\"ah\"\nT4,neg,\n";
    assert_eq!(rows(stray), [Err(Rule::QuoteOpen), tube("T2"), tube("T3"), tube("T4")]);
    // Here they would add up, but the second line is a row of its own.
    let adds_up = b"tube,result,note\nT1,neg,\"oh\nT2,neg,ah\"\nT3,neg,\n";
    assert_eq!(rows(adds_up), [Err(Rule::QuoteOpen), tube("T2"), tube("T3")]);
    let too_many = b"tube,result,note\nT1,neg,\"oh\nT2,ne\nT3\",n,e,g\n";
    assert_eq!(
        rows(too_many),
        [Err(Rule::QuoteOpen), Err(Rule::ColumnCount), Err(Rule::ColumnCount)]
    );
    let never_closed = b"tube,result\n\"T1,neg\nT2,neg\n";
    assert_eq!(rows(never_closed), [Err(Rule::QuoteOpen), tube("T2")]);
    let many_lines = format!("tube,result,note\nT1,neg,\"{}\"\n", "x\n".repeat(30));
    assert_eq!(rows(many_lines.as_bytes())[0], Err(Rule::QuoteOpen));
}

#[test]
fn every_row_has_the_columns_of_the_header() {
    let text = b"tube,result,note\nT1,neg\nT2,neg,,,\nT3,neg,,surplus\n,,\n ,,,\nT4,neg,x\n";
    let (rows, counts) = read(text, Options::default());
    let found: Vec<_> =
        rows.into_iter().map(|r| r.map(|r| r.tube).map_err(|e| e.fault.rule)).collect();
    assert_eq!(found, [Err(Rule::ColumnCount), tube("T2"), Err(Rule::ColumnCount), tube("T4")]);
    assert_eq!(counts, Counts { rows: 4, accepted: 2, rejected: 2, blank: 2 });
}

#[test]
fn a_row_over_the_limit_is_refused_and_the_next_one_read() {
    let text = format!("tube,result\nT1,{}\nT2,neg\n", "x".repeat(500));
    let (rows, _) = read(text.as_bytes(), Options { row_bytes: 100, ..Options::default() });
    let long = rows[0].as_ref().expect_err("too long");
    assert_eq!((long.fault.rule, long.raw.len()), (Rule::RowTooLong, 100));
    assert!(rows[1].is_ok());
}

#[test]
fn what_the_file_does_not_say_comes_from_the_options() {
    let options = Options {
        codes: Codes::default().with_code("孔A通道", Target::N),
        laboratory: Some("LAB-3".to_owned()),
        source: Some("day.csv".to_owned()),
        delimiter: b';',
        ..Options::default()
    };
    let (rows, _) = read("tube;孔A通道;lab\nT1;30,1;\nT2;30.1;\nT3;30.1;LAB-4".as_bytes(), options);
    assert_eq!(rows[0].as_ref().map_err(|e| e.fault.rule).err(), Some(Rule::CtNotANumber));
    let labs: Vec<_> = rows[1..]
        .iter()
        .map(|row| row.as_ref().map(|r| (r.laboratory.as_deref(), r.message_id.as_deref())))
        .collect();
    assert_eq!(labs, [Ok((Some("LAB-3"), Some("day.csv"))), Ok((Some("LAB-4"), Some("day.csv")))]);
}

/// A file that breaks off with an error.
struct Torn<'a>(&'a [u8]);

impl Read for Torn<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() {
            return Err(std::io::Error::other("the disk is gone"));
        }
        self.0.read(out)
    }
}

#[test]
fn a_file_that_breaks_off_ends_with_an_error_once() {
    let mut reader =
        Reader::new(Torn(b"tube,result\nT1,neg\nT2,ne"), Options::default()).expect("a header");
    assert!(reader.next().expect("a row").expect("read so far").is_ok());
    let error = reader.next().expect("an error").expect_err("the disk is gone");
    assert_eq!(error.to_string(), "reading the file: the disk is gone");
    assert!(reader.next().is_none());
    assert_eq!(reader.counts().rows, 1);
}
