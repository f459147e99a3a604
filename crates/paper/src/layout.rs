//! Where everything stands on which sheet, in points from the top left.

use crate::font::Font;
use crate::lines::lines;
use crate::{Block, Paper, Table};

/// Width and height of a sheet (A4).
pub const PAGE: (f32, f32) = (595.28, 841.89);
/// What is left free on all sides.
pub const MARGIN: f32 = 50.0;
/// The foot of a sheet.
const FOOT: f32 = 8.0;
/// The space between columns.
const GAP: f32 = 6.0;

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
    /// A line of text with its left end and its baseline.
    Text { x: f32, y: f32, size: f32, strong: bool, text: String },
    /// A rule from left to right.
    Rule { x: f32, y: f32, width: f32, weight: f32 },
}

pub(crate) type Sheet = Vec<Mark>;

struct Pen<'a> {
    font: &'a Font,
    done: Vec<Sheet>,
    sheet: Sheet,
    y: f32,
}

const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const BOTTOM: f32 = PAGE.1 - MARGIN - 2.0 * FOOT;

impl Pen<'_> {
    fn new_sheet(&mut self) {
        self.done.push(std::mem::take(&mut self.sheet));
        self.y = MARGIN;
    }

    /// Goes to a new sheet if there is no room for this height.
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM && !self.sheet.is_empty() {
            self.new_sheet();
        }
    }

    fn text(&mut self, text: &str, size: f32, strong: bool, (before, after): (f32, f32)) {
        let leading = size * 1.5;
        let lines = lines(self.font, text, size, WIDTH);
        self.y += if self.sheet.is_empty() { 0.0 } else { before };
        for line in lines {
            self.room(leading);
            self.y += leading;
            let y = self.y - size * 0.35;
            self.sheet.push(Mark::Text { x: MARGIN, y, size, strong, text: line });
        }
        self.y += after;
    }

    fn table(&mut self, table: &Table) {
        const SIZE: f32 = 9.0;
        let shares: f32 = table.columns.iter().map(|c| c.share).sum::<f32>().max(0.01);
        let free = WIDTH - GAP * table.columns.len().saturating_sub(1) as f32;
        let widths: Vec<f32> = table.columns.iter().map(|c| free * c.share / shares).collect();
        let head: Vec<String> = table.columns.iter().map(|c| c.title.clone()).collect();
        self.rule(0.9);
        self.row(table, &widths, &head, true, SIZE);
        self.rule(0.5);
        for row in &table.rows {
            let height = self.height(&widths, &row.cells, SIZE);
            if self.y + height > BOTTOM {
                self.new_sheet();
                self.rule(0.9);
                self.row(table, &widths, &head, true, SIZE);
                self.rule(0.5);
            }
            self.row(table, &widths, &row.cells, row.strong, SIZE);
        }
        self.rule(0.9);
        self.y += 8.0;
    }

    fn height(&self, widths: &[f32], cells: &[String], size: f32) -> f32 {
        let of = |(cell, width): (&String, &f32)| lines(self.font, cell, size, *width).len();
        let most = cells.iter().zip(widths).map(of).max().unwrap_or(1).max(1);
        most as f32 * size * 1.35 + 3.0
    }

    fn row(&mut self, table: &Table, widths: &[f32], cells: &[String], strong: bool, size: f32) {
        let height = self.height(widths, cells, size);
        let mut x = MARGIN;
        for ((cell, width), column) in cells.iter().zip(widths).zip(&table.columns) {
            for (n, line) in lines(self.font, cell, size, *width).into_iter().enumerate() {
                let y = self.y + (n as f32 + 1.0) * size * 1.35 - size * 0.2;
                let slack = width - self.font.width(&line, size);
                let x = if column.numeric { x + slack.max(0.0) } else { x };
                self.sheet.push(Mark::Text { x, y, size, strong, text: line });
            }
            x += width + GAP;
        }
        self.y += height;
    }

    fn rule(&mut self, weight: f32) {
        self.sheet.push(Mark::Rule { x: MARGIN, y: self.y, width: WIDTH, weight });
        self.y += 2.0;
    }
}

/// The sheets of a document.
pub(crate) fn sheets(paper: &Paper, font: &Font) -> Vec<Sheet> {
    let mut pen = Pen { font, done: Vec::new(), sheet: Vec::new(), y: MARGIN };
    for block in &paper.blocks {
        match block {
            Block::Title(text) => pen.text(text, 17.0, true, (0.0, 6.0)),
            Block::Heading(text) => {
                // A heading takes at least three lines of what follows with it.
                pen.room(64.0);
                pen.text(text, 11.5, true, (8.0, 2.0));
            }
            Block::Text(text) => pen.text(text, 10.5, false, (0.0, 4.0)),
            Block::Small(text) => pen.text(text, 8.0, false, (0.0, 3.0)),
            Block::Table(table) => {
                pen.room(60.0);
                pen.table(table);
            }
            Block::NewSheet => pen.new_sheet(),
        }
    }
    if !pen.sheet.is_empty() || pen.done.is_empty() {
        pen.new_sheet();
    }
    let mut sheets = pen.done;
    let all = sheets.len();
    for (n, sheet) in sheets.iter_mut().enumerate() {
        let y = PAGE.1 - MARGIN;
        let number = format!("{} / {all}", n + 1);
        let x = PAGE.0 - MARGIN - font.width(&number, FOOT);
        let foot = |x: f32, text: String| Mark::Text { x, y, size: FOOT, strong: false, text };
        sheet.push(foot(x, number));
        // A long foot is cut rather than written over the number.
        let first = lines(font, &paper.foot, FOOT, WIDTH - 60.0).into_iter().next();
        sheet.push(foot(MARGIN, first.unwrap_or_default()));
    }
    sheets
}
