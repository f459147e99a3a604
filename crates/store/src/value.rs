//! Values that are bound to statements and read from rows.

use serde::Serialize;
use serde::de::DeserializeOwned;
use types::{AreaCode, CommandId, HolderCode, HouseholdId, Micros, PersonId, RoundId, UnitId};

use crate::{Result, StoreError};

/// One bound or stored value. Times are integers, identifiers 16 bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number, a time, an area, or a truth value (0 or 1).
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes of any length.
    Bytes(Vec<u8>),
    /// A 16-byte identifier: bytes without an allocation.
    Id([u8; 16]),
}

impl Value {
    /// The name of the variant, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "integer",
            Value::Real(_) => "real",
            Value::Text(_) => "text",
            Value::Bytes(_) | Value::Id(_) => "bytes",
        }
    }

    /// Plain data of our own as JSON: it always has that form.
    pub fn json<T: Serialize + ?Sized>(data: &T) -> Value {
        Value::Text(serde_json::to_string(data).unwrap_or_default())
    }
}

macro_rules! value_from {
    ($($t:ty => |$v:ident| $e:expr;)*) => {$(
        impl From<$t> for Value { fn from($v: $t) -> Value { $e } }
        impl From<Option<$t>> for Value {
            fn from(v: Option<$t>) -> Value { v.map_or(Value::Null, Value::from) }
        }
    )*};
}

value_from! {
    i64 => |v| Value::Int(v);
    i32 => |v| Value::Int(i64::from(v));
    u32 => |v| Value::Int(i64::from(v));
    bool => |v| Value::Int(i64::from(v));
    f64 => |v| Value::Real(v);
    String => |v| Value::Text(v);
    &str => |v| Value::Text(v.to_owned());
    Vec<u8> => |v| Value::Bytes(v);
    [u8; 16] => |v| Value::Id(v);
    Micros => |v| Value::Int(v.0);
    AreaCode => |v| Value::Int(v.get());
    UnitId => |v| Value::Id(v.bytes());
    PersonId => |v| Value::Id(v.bytes());
    HouseholdId => |v| Value::Id(v.bytes());
    RoundId => |v| Value::Id(v.bytes());
    CommandId => |v| Value::Id(v.bytes());
    &HolderCode => |v| Value::Text(v.as_str().to_owned());
    &types::PlaceCode => |v| Value::Text(v.as_str().to_owned());
}

/// One row of a result; columns by position, from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    fn value(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// The error of a column that holds something else.
    ///
    /// # Errors
    /// Always: [`StoreError::Decode`].
    pub fn wrong<T>(&self, column: usize, expected: &'static str) -> Result<T> {
        Err(StoreError::Decode { column, expected, found: self.value(column).kind() })
    }

    /// A whole number. # Errors: [`StoreError::Decode`], as for all readers here.
    pub fn int(&self, column: usize) -> Result<i64> {
        match self.value(column) {
            Value::Int(n) => Ok(*n),
            _ => self.wrong(column, "integer"),
        }
    }

    /// A whole number or nothing.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// A floating-point number; whole numbers widen.
    pub fn real(&self, column: usize) -> Result<f64> {
        match self.value(column) {
            Value::Real(x) => Ok(*x),
            Value::Int(n) => Ok(*n as f64),
            _ => self.wrong(column, "real"),
        }
    }

    /// A floating-point number or nothing.
    pub fn opt_real(&self, column: usize) -> Result<Option<f64>> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.real(column).map(Some),
        }
    }

    /// A truth value, stored as 0 or 1.
    pub fn flag(&self, column: usize) -> Result<bool> {
        self.int(column).map(|n| n != 0)
    }

    /// Text.
    pub fn text(&self, column: usize) -> Result<&str> {
        match self.value(column) {
            Value::Text(t) => Ok(t),
            _ => self.wrong(column, "text"),
        }
    }

    /// Text or nothing.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// Data that [`Value::json`] wrote.
    pub fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T> {
        match serde_json::from_str(self.text(column)?) {
            Ok(data) => Ok(data),
            Err(_) => self.wrong(column, "JSON of this program"),
        }
    }

    /// Data that [`Value::json`] wrote, or nothing.
    pub fn opt_json<T: DeserializeOwned>(&self, column: usize) -> Result<Option<T>> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.json(column).map(Some),
        }
    }

    /// Who answers for something.
    pub fn holder(&self, column: usize) -> Result<HolderCode> {
        match HolderCode::parse(self.text(column)?) {
            Ok(holder) => Ok(holder),
            Err(_) => self.wrong(column, "a holder"),
        }
    }

    /// A word of a vocabulary, by its `parse`.
    pub fn word<T>(
        &self,
        column: usize,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T> {
        match parse(self.text(column)?) {
            Some(word) => Ok(word),
            None => self.wrong(column, expected),
        }
    }

    /// Bytes.
    pub fn bytes(&self, column: usize) -> Result<&[u8]> {
        match self.value(column) {
            Value::Bytes(b) => Ok(b),
            Value::Id(b) => Ok(b),
            _ => self.wrong(column, "bytes"),
        }
    }

    /// Bytes or nothing.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.bytes(column).map(Some),
        }
    }

    /// A 16-byte identifier; wrap it with the `from_bytes` of its type.
    pub fn id(&self, column: usize) -> Result<[u8; 16]> {
        match self.bytes(column)?.try_into() {
            Ok(id) => Ok(id),
            Err(_) => self.wrong(column, "16 bytes"),
        }
    }

    /// A 16-byte identifier or nothing.
    pub fn opt_id(&self, column: usize) -> Result<Option<[u8; 16]>> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.id(column).map(Some),
        }
    }

    /// An instant.
    pub fn time(&self, column: usize) -> Result<Micros> {
        self.int(column).map(Micros)
    }

    /// An instant or nothing.
    pub fn opt_time(&self, column: usize) -> Result<Option<Micros>> {
        Ok(self.opt_int(column)?.map(Micros))
    }

    /// An area.
    pub fn area(&self, column: usize) -> Result<AreaCode> {
        self.int(column).map(AreaCode::from_stored)
    }
}
