use proptest::prelude::*;

use super::*;
use crate::import::encoding::Encoding;

fn read(text: &[u8]) -> Vec<(u32, Vec<String>, Option<Fault>)> {
    let mut reader = CsvRows::new(text).expect("reads");
    let mut rows = Rows::default();
    while reader.next_row(&mut rows).expect("reads").0 {}
    (0..rows.len())
        .map(|row| (rows.line(row), rows.texts(row, Encoding::Utf8), rows.fault(row)))
        .collect()
}

fn cells(text: &str) -> Vec<Vec<String>> {
    read(text.as_bytes()).into_iter().map(|(_, cells, _)| cells).collect()
}

#[test]
fn rows_and_cells_are_cut_as_spreadsheets_write_them() {
    let text = "a,b\r\n1,\"x, \"\"y\"\"\"\n\n , \n2,\"two\nlines\"\n3,";
    assert_eq!(
        cells(text),
        [vec!["a", "b"], vec!["1", "x, \"y\""], vec!["2", "two\nlines"], vec!["3", ""]]
    );
    let lines: Vec<u32> = read(text.as_bytes()).iter().map(|r| r.0).collect();
    assert_eq!(lines, [1, 2, 5, 6], "blank rows have numbers too, a quoted line end has none");
    assert_eq!(cells("a\tb\n1,5\t2\n"), [["a", "b"], ["1,5", "2"]]);
    assert_eq!(cells("a;b\n1;2"), [["a", "b"], ["1", "2"]]);
    assert_eq!(cells("a,b\n5\" pipe,\"q\"z\n"), [["a", "b"], ["5\" pipe", "qz"]]);
    assert!(cells("").is_empty());
}

#[test]
fn an_open_quote_spoils_one_row_and_swallows_none() {
    let mut text = String::from("name,id\n\"张三,1\n");
    for n in 0..40 {
        text.push_str(&format!("李四,{n}\n"));
    }
    let rows = read(text.as_bytes());
    assert_eq!(rows.len(), 42);
    assert_eq!(rows[1].2, Some(Fault::QuoteUnclosed));
    assert_eq!(rows[1].1, ["\"张三", "1"]);
    assert_eq!(rows[41], (42, vec!["李四".to_owned(), "39".to_owned()], None));
    let at_the_end = read(b"a,b\n\"x,1\n2,3\n");
    assert_eq!(at_the_end.len(), 3);
}

#[test]
fn an_endless_line_is_one_bad_row() {
    let text = format!("a,b\n{},1\n2,3\n", "x".repeat(3 * LONGEST));
    let rows = read(text.as_bytes());
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1].2, Some(Fault::TooLong));
    assert_eq!(rows[2].1, ["2", "3"]);
}

#[test]
fn more_rows_than_a_spreadsheet_of_2003_can_hold() {
    let mut text = String::from("n\n");
    for n in 0..70_000 {
        text.push_str(&format!("{n}\n"));
    }
    let rows = read(text.as_bytes());
    assert_eq!(rows.len(), 70_001);
    assert_eq!(rows[70_000].1, ["69999"]);
}

proptest! {
    #[test]
    fn what_a_csv_writer_writes_is_read_back(
        table in prop::collection::vec(prop::collection::vec("[a,\"\n 张\r;]{0,6}", 3), 1..20)
    ) {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).expect("writes");
        for row in &table {
            writer.write_record(row).expect("writes");
        }
        let bytes = writer.into_inner().expect("writes");
        let oracle: Vec<Vec<String>> = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(&*bytes)
            .records()
            .map(|r| r.expect("reads").iter().map(ToOwned::to_owned).collect())
            .filter(|cells: &Vec<String>| cells.iter().any(|c| c.bytes().any(|b| !b.is_ascii_whitespace())))
            .collect();
        let ours = read(&bytes);
        prop_assert!(ours.iter().all(|row| row.2.is_none()));
        let ours: Vec<Vec<String>> = ours.into_iter().map(|row| row.1).collect();
        prop_assert_eq!(ours, oracle);
    }

    #[test]
    fn no_bytes_make_it_panic_or_lose_a_line(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let rows = read(&bytes);
        // Without quotes, every line with a visible character is a row.
        if !bytes.contains(&b'"') {
            let delimiter = delimiter_of(bytes.split(|b| *b == b'\n').next().unwrap_or(&[]));
            let visible = bytes
                .split(|b| *b == b'\n')
                .filter(|line| line.iter().any(|b| !b.is_ascii_whitespace() && *b != delimiter))
                .count();
            prop_assert_eq!(rows.len(), visible);
        }
    }
}
