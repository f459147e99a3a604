//! The header row.

use crate::charset::Charset;
use crate::codes::{Codes, Target, normal};
use crate::result::Status;
use crate::{Fault, Place, Rule};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Tube,
    FillerOrder,
    N,
    Orf1ab,
    InternalControl,
    Interpretation,
    TestedAt,
    ReportedAt,
    Plate,
    Well,
    Status,
    Laboratory,
    Instrument,
    Other,
}

/// The columns of a file, by position.
#[derive(Clone, Debug)]
pub(super) struct Columns(Vec<(Column, String)>);

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, index: usize) -> Column {
        self.0.get(index).map_or(Column::Other, |(column, _)| *column)
    }

    /// The column's name as the file spells it.
    pub(super) fn name(&self, index: usize) -> String {
        self.0.get(index).map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Tube,
        &[
            "tube",
            "tube code",
            "barcode",
            "管码",
            "试管码",
            "采样管编号",
            "采样管号",
            "管号",
            "条码",
            "条形码",
        ],
    ),
    (
        Column::FillerOrder,
        &["sample id", "specimen", "specimen id", "样本编号", "标本编号", "样本号", "标本号"],
    ),
    (Column::N, &["ct(n)", "n(ct)"]),
    (Column::Orf1ab, &["ct(orf1ab)", "orf1ab(ct)"]),
    (Column::TestedAt, &["tested at", "test time", "检测时间", "检验时间"]),
    (Column::ReportedAt, &["reported at", "report time", "报告时间", "审核时间"]),
    (Column::Status, &["status", "状态", "结果状态"]),
    (Column::Laboratory, &["laboratory", "lab", "实验室", "检测机构"]),
    (Column::Instrument, &["instrument", "仪器", "仪器编号", "设备"]),
];

fn known(name: &str, codes: &Codes) -> Column {
    let plain = normal(name);
    let own = NAMES.iter().find(|(_, names)| names.iter().any(|n| normal(n) == plain));
    match (own, codes.local_target(name)) {
        (Some((column, _)), _) => *column,
        (None, Some(Target::N)) => Column::N,
        (None, Some(Target::Orf1ab)) => Column::Orf1ab,
        (None, Some(Target::InternalControl)) => Column::InternalControl,
        (None, Some(Target::Interpretation)) => Column::Interpretation,
        (None, Some(Target::Plate)) => Column::Plate,
        (None, Some(Target::Well)) => Column::Well,
        (None, None) => Column::Other,
    }
}

/// Reads the header row. Sets the encoding if it tells.
pub(super) fn read(
    cells: &[Vec<u8>],
    line: u64,
    codes: &Codes,
    charset: &mut Option<Charset>,
) -> Result<Columns, Fault> {
    let decode = |set: Charset| -> Option<Columns> {
        let names = cells.iter().map(|cell| Some(set.decode(cell).ok()?.trim().to_owned()));
        let names: Option<Vec<String>> = names.collect();
        Some(Columns(names?.into_iter().map(|name| (known(&name, codes), name)).collect()))
    };
    let count = |columns: &Columns| columns.0.iter().filter(|(c, _)| *c != Column::Other).count();
    let undecodable = || {
        let start: Vec<u8> = cells.concat().into_iter().take(40).collect();
        let found = String::from_utf8_lossy(&start).into_owned();
        Fault::new(Place::Line(line), Rule::Undecodable, &found)
    };
    let utf16 =
        cells.first().is_some_and(|c| c.starts_with(b"\xFF\xFE") || c.starts_with(b"\xFE\xFF"));
    let mut columns = match *charset {
        _ if utf16 => return Err(undecodable()),
        Some(set) => decode(set).ok_or_else(undecodable)?,
        None if cells.iter().all(|cell| cell.is_ascii()) => {
            decode(Charset::Ascii).ok_or_else(undecodable)?
        }
        None => {
            // UTF-8 first: it wins a draw, since text of other encodings is rarely valid UTF-8.
            let read = [Charset::Utf8, Charset::Gb18030]
                .into_iter()
                .filter_map(|set| Some((set, decode(set)?)))
                .reduce(|best, next| if count(&next.1) > count(&best.1) { next } else { best });
            let (set, columns) = read.ok_or_else(undecodable)?;
            *charset = Some(set);
            columns
        }
    };
    if !columns.0.iter().any(|(c, _)| *c == Column::Tube) {
        // Without a column that is surely the tube's, the sample's number is it.
        for (column, _) in &mut columns.0 {
            if *column == Column::FillerOrder {
                *column = Column::Tube;
            }
        }
    }
    check(&columns, line)?;
    Ok(columns)
}

fn check(columns: &Columns, line: u64) -> Result<(), Fault> {
    for (index, (column, name)) in columns.0.iter().enumerate() {
        let before = columns.0[..index].iter().any(|(other, _)| other == column);
        if before && *column != Column::Other {
            let place = Place::Cell { line, column: name.clone() };
            return Err(Fault::new(place, Rule::ColumnTwice, name));
        }
    }
    let has = |column: Column| columns.0.iter().any(|(c, _)| *c == column);
    let result = [Column::Interpretation, Column::N, Column::Orf1ab].into_iter().any(has);
    if has(Column::Tube) && result {
        return Ok(());
    }
    let names: Vec<&str> = columns.0.iter().map(|(_, name)| name.as_str()).collect();
    Err(Fault::new(Place::Line(line), Rule::ColumnMissing, &names.join(",")))
}

/// Reads a status: the letters of HL7 table 0085, or words; empty is final.
pub(super) fn status(text: &str) -> Result<Status, Rule> {
    match normal(text).as_str() {
        "" | "f" | "final" | "终报" | "正式" | "最终" | "已审核" => Ok(Status::Final),
        "c" | "corrected" | "更正" | "修正" => Ok(Status::Corrected),
        "p" | "preliminary" | "初报" | "初步" | "初筛" => Ok(Status::Preliminary),
        "x" | "cancelled" | "canceled" | "作废" | "取消" | "撤销" => Ok(Status::Cancelled),
        _ => Err(Rule::StatusUnknown),
    }
}
