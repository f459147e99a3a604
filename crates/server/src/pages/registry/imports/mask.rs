//! Cells of people's lists as they may be shown: enough to see whether a column is what it is
//! taken for, not enough to know a person by.

use std::collections::HashMap;

use registry::import::Kind;
use registry::import::columns::{Choices, Field, Mapping};

/// What each heading of a table holds.
pub(super) struct Headings {
    kind: Kind,
    fields: HashMap<String, Field>,
}

impl Headings {
    pub(super) fn of(kind: Kind, header: &[String], choices: &Choices) -> Headings {
        let mapping = Mapping::of(kind, header, choices);
        let fields = header
            .iter()
            .zip(mapping.columns())
            .filter_map(|(heading, field)| field.map(|field| (heading.clone(), field)))
            .collect();
        Headings { kind, fields }
    }

    /// A cell below a heading.
    pub(super) fn show(&self, heading: &str, cell: &str) -> String {
        show(self.kind, self.fields.get(heading).copied(), cell)
    }
}

/// A cell of a column that holds a field, or nothing that is known.
pub(super) fn show(kind: Kind, field: Option<Field>, cell: &str) -> String {
    let cell = cell.trim();
    if kind == Kind::Places {
        return shorten(cell, 60);
    }
    match field {
        Some(Field::Name) => ends(cell, 1, 0, 3),
        Some(Field::IdNumber) if cell.chars().count() >= 15 => ends(cell, 4, 4, 10),
        Some(Field::IdNumber) => ends(cell, 2, 0, 6),
        Some(Field::Phone) => ends(cell, 3, 2, 6),
        Some(Field::BirthDate) => ends(cell, 4, 0, 6),
        Some(
            Field::IdType
            | Field::Sex
            | Field::Place
            | Field::Community
            | Field::Compound
            | Field::Building
            | Field::Entrance
            | Field::Door
            // What a case is says nothing about whose it is.
            | Field::Age
            | Field::Class
            | Field::Severity
            | Field::ReportedOn
            | Field::Onset
            | Field::FoundIn
            | Field::Occupation
            | Field::Cluster
            | Field::Outcome
            | Field::OutcomeOn
            | Field::SourceCode
            | Field::LastContact
            | Field::FirstContact
            | Field::Setting,
        ) => shorten(cell, 40),
        // Anything may stand in a column that nobody has named.
        _ => ends(cell, 1, 0, 4),
    }
}

/// The first and last characters, with stars between: at most `stars`, so that the length says
/// little.
fn ends(text: &str, first: usize, last: usize, stars: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return String::new();
    }
    let last = if chars.len() > first + last + 2 { last } else { 0 };
    let head: String = chars.iter().take(first).collect();
    let tail: String = chars.iter().skip(chars.len() - last).collect();
    let hidden = chars.len().saturating_sub(first + last).clamp(1, stars);
    format!("{head}{}{tail}", "*".repeat(hidden))
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let head: String = text.chars().take(limit).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_known_by_what_is_shown() {
        let person = |field, cell| show(Kind::Persons, field, cell);
        assert_eq!(person(Some(Field::Name), "张三丰"), "张**");
        assert_eq!(person(Some(Field::Name), "李"), "李*");
        assert_eq!(person(Some(Field::IdNumber), "11010519491231002X"), "1101**********002X");
        assert_eq!(person(Some(Field::IdNumber), "E1234567"), "E1******");
        assert_eq!(person(Some(Field::Phone), "13800138000"), "138******00");
        assert_eq!(person(Some(Field::Phone), "138"), "138*");
        assert_eq!(person(Some(Field::BirthDate), "1949-12-31"), "1949******");
        assert_eq!(person(Some(Field::Door), "301"), "301");
        assert_eq!(person(None, "曾用名李四"), "曾****");
        let case = |field, cell| show(Kind::Cases, Some(field), cell);
        assert_eq!(case(Field::Class, "无症状感染者"), "无症状感染者");
        assert_eq!(case(Field::Remark, "其母张三丰"), "其****");
        assert_eq!(person(None, ""), "");
        assert_eq!(show(Kind::Places, None, "站前社区"), "站前社区");
    }

    #[test]
    fn a_cell_is_masked_by_its_heading() {
        let header: Vec<String> = ["姓名", "备注"].map(str::to_owned).to_vec();
        let headings = Headings::of(Kind::Persons, &header, &Choices::new());
        assert_eq!(headings.show("姓名", "张三"), "张*");
        assert_eq!(headings.show("备注", "身份证在单位"), "身****");
        assert_eq!(headings.show("没有", "张三"), "张*");
    }
}
