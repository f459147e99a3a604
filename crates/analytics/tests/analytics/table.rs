//! Reading the tables of tests/data, and comparing with them.

use std::error::Error;

/// What a test returns, so that reading can use `?`.
pub type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// A CSV file with a header.
pub struct Table {
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One row, with the names of its columns.
pub struct Row {
    names: csv::StringRecord,
    cells: csv::StringRecord,
}

impl Table {
    /// Reads `tests/data/<path>`.
    pub fn read(path: &str) -> TestResult<Table> {
        let file = format!("{}/tests/data/{path}", env!("CARGO_MANIFEST_DIR"));
        let mut reader = csv::Reader::from_path(&file).map_err(|e| format!("{file}: {e}"))?;
        let names = reader.headers()?.clone();
        let rows = reader
            .records()
            .map(|cells| Ok(Row { names: names.clone(), cells: cells? }))
            .collect::<Result<Vec<_>, csv::Error>>()?;
        assert!(!rows.is_empty(), "{file} is empty");
        Ok(Table { rows })
    }

    /// One column as numbers.
    pub fn column(&self, name: &str) -> TestResult<Vec<f64>> {
        self.rows.iter().map(|row| row.number(name)).collect()
    }
}

impl Row {
    /// The text of a cell.
    pub fn text(&self, name: &str) -> TestResult<&str> {
        let at = self.names.iter().position(|n| n == name);
        let cell = at.and_then(|i| self.cells.get(i));
        cell.ok_or_else(|| format!("no column {name}").into())
    }

    /// A cell as a number; NaN for `NA`.
    pub fn number(&self, name: &str) -> TestResult<f64> {
        number(self.text(name)?)
    }

    /// A cell as a whole number.
    pub fn whole(&self, name: &str) -> TestResult<usize> {
        Ok(self.text(name)?.parse()?)
    }

    /// All cells from `first` on as numbers.
    pub fn numbers_from(&self, first: usize) -> TestResult<Vec<f64>> {
        self.cells.iter().skip(first).map(number).collect()
    }
}

fn number(text: &str) -> TestResult<f64> {
    if text == "NA" { Ok(f64::NAN) } else { Ok(text.parse()?) }
}

/// Fails unless `got` is within `relative` of `wanted`; both NaN is right too.
#[track_caller]
pub fn assert_close(got: f64, wanted: f64, relative: f64, what: &str) {
    let near = (got - wanted).abs() <= relative * wanted.abs();
    assert!(near || (got.is_nan() && wanted.is_nan()), "{what}: {got} instead of {wanted}");
}
