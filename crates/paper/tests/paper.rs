//! What a printed document has, read back from its bytes.

use std::io::Read;

use paper::{Block, Column, Paper, PaperError, Row, Table};

fn table(rows: usize) -> Table {
    let column = |title: &str, numeric| Column { title: title.to_owned(), numeric, share: 1.0 };
    Table {
        columns: vec![column("地区", false), column("新增确诊", true)],
        rows: (0..rows)
            .map(|n| Row { cells: vec![format!("第{n}区"), n.to_string()], strong: n == 0 })
            .collect(),
    }
}

fn report(rows: usize) -> Paper {
    Paper {
        title: "吉林省疫情日报".to_owned(),
        lang: "zh-Hans".to_owned(),
        foot: "省卫生健康委员会 · 2022-04-10".to_owned(),
        blocks: vec![
            Block::Title("吉林省 2022年4月9日0—24时疫情通报".to_owned()),
            Block::Text("新增确诊病例242例，无症状感染者755例。".to_owned()),
            Block::Heading("按地区".to_owned()),
            Block::Table(table(rows)),
            Block::Small("As known at 08:00.".to_owned()),
        ],
    }
}

/// The streams of a file, unpacked where they are packed.
fn streams(bytes: &[u8]) -> Vec<Vec<u8>> {
    let find = |from: usize, what: &[u8]| {
        bytes[from..].windows(what.len()).position(|w| w == what).map(|n| from + n)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = find(at, b"stream\n") {
        let end = find(begin, b"\nendstream").expect("an end");
        let raw = &bytes[begin + 7..end];
        let mut text = Vec::new();
        if flate2::read::ZlibDecoder::new(raw).read_to_end(&mut text).is_err() {
            text = raw.to_vec();
        }
        found.push(text);
        at = end + 10;
    }
    found
}

#[test]
fn a_document_is_a_pdf_with_its_font_and_its_unicode() {
    let printed = report(4).print().expect("printed");
    assert!(printed.bytes.starts_with(b"%PDF-"));
    assert_eq!(printed.sheets, 1);
    assert_eq!(printed.missing, []);
    let streams = streams(&printed.bytes);
    let text = |s: &Vec<u8>| String::from_utf8_lossy(s).into_owned();
    let unicode = streams.iter().map(text).find(|s| s.contains("beginbfchar"));
    let unicode = unicode.expect("the map to Unicode");
    // 吉 U+5409 and 例 U+4F8B are in it, 鑫 U+946B is not: only what is used goes along.
    assert!(unicode.contains("5409") && unicode.contains("4F8B"), "{unicode}");
    assert!(!unicode.contains("946B"));
    assert!(printed.bytes.len() < 60_000, "{} bytes", printed.bytes.len());
    assert_eq!(report(4).print().expect("again").bytes, printed.bytes, "the same every time");
}

#[test]
fn a_long_table_goes_on_with_its_head_on_the_next_sheet() {
    let short = report(10).print().expect("printed");
    let long = report(120).print().expect("printed");
    assert_eq!(short.sheets, 1);
    assert!(long.sheets >= 3, "{} sheets", long.sheets);
}

#[test]
fn what_the_font_does_not_have_is_named_and_a_wrong_row_is_refused() {
    let mut paper = report(1);
    paper.blocks.push(Block::Text("a 𠮷 b".to_owned()));
    assert_eq!(paper.print().expect("printed").missing, ['𠮷']);
    let mut wrong = table(2);
    wrong.rows[1].cells.pop();
    paper.blocks.push(Block::Table(wrong));
    let error = paper.print().expect_err("a row of one cell");
    assert!(matches!(error, PaperError::Cells { row: 2, cells: 1, columns: 2 }), "{error}");
    assert_eq!(Paper::default().print().expect("an empty one").sheets, 1);
}
