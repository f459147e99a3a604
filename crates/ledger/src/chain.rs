//! The chain over the journal: the hash of each entry covers the entry and the hash before it.
//!
//! Whoever changes, removes or inserts an entry has to make every later hash anew. Against that
//! helps a hash that was written down elsewhere: it vouches for all entries up to its own.

use std::fmt;

use sha2::{Digest, Sha256};
use store::Value;
use types::ParseError;

use crate::{LedgerError, Result};

/// The hash of a journal entry: SHA-256 of the hash before it (zeros for the first) and of the
/// entry's columns in the order of the table. Each column goes in as one byte for its type and,
/// unless it is NULL, its content: a whole number in eight bytes, text and bytes with their
/// length before them, all big-endian. So no two entries have the same form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link([u8; 32]);

impl Link {
    /// The hash of the entry that follows, from its columns.
    pub fn next(self, columns: &[Value]) -> Link {
        let mut hash = Sha256::new();
        hash.update(self.0);
        for column in columns {
            match column {
                Value::Null => hash.update([0]),
                Value::Int(n) => {
                    hash.update([1]);
                    hash.update(n.to_be_bytes());
                }
                Value::Text(text) => sized(&mut hash, 2, text.as_bytes()),
                Value::Bytes(bytes) => sized(&mut hash, 3, bytes),
                Value::Id(bytes) => sized(&mut hash, 3, bytes),
                Value::Real(x) => {
                    hash.update([4]);
                    hash.update(x.to_bits().to_be_bytes());
                }
            }
        }
        Link(hash.finalize().into())
    }

    /// Reads a stored hash.
    pub(crate) fn of(bytes: &[u8]) -> Result<Link> {
        bytes.try_into().map(Link).map_err(|_| LedgerError::Unreadable {
            seq: -1,
            reason: format!("a hash of {} bytes", bytes.len()),
        })
    }

    /// Reads the hash of the head, which has none before the first entry.
    pub(crate) fn of_head(bytes: Option<&[u8]>) -> Result<Link> {
        bytes.map_or(Ok(Link::default()), Link::of)
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`ParseError`] for anything else.
    pub fn parse(text: &str) -> std::result::Result<Link, ParseError> {
        let wrong = || ParseError::new("hash", text, "64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (n, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * n..2 * n + 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Link(bytes))
    }
}

fn sized(hash: &mut Sha256, tag: u8, bytes: &[u8]) {
    hash.update([tag]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<Link> for Value {
    fn from(link: Link) -> Value {
        Value::Bytes(link.0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_differ_in_any_way_have_other_hashes() {
        let row = |a: &str, b: &str| [Value::from(1), a.into(), b.into(), Value::Null];
        let start = Link::default();
        let one = start.next(&row("ab", "c"));
        assert_eq!(one, start.next(&row("ab", "c")));
        for other in [row("a", "bc"), row("abc", ""), row("", "abc")] {
            assert_ne!(one, start.next(&other));
        }
        assert_ne!(start.next(&[Value::Null]), start.next(&["".into()]));
        assert_ne!(one, one.next(&row("ab", "c")), "the hash before counts");
        // An identifier is the same whichever way a store hands it back.
        assert_eq!(start.next(&[Value::Id([7; 16])]), start.next(&[Value::Bytes(vec![7; 16])]));
    }

    #[test]
    fn the_form_is_the_documented_one() {
        // SHA-256 of 32 zero bytes, then 01 and eight bytes, then 02, a length and "x".
        let link = Link::default().next(&[Value::Int(1), "x".into()]);
        let mut hash = Sha256::new();
        hash.update([0; 32]);
        hash.update([1, 0, 0, 0, 0, 0, 0, 0, 1]);
        hash.update([2, 0, 0, 0, 0, 0, 0, 0, 1, b'x']);
        assert_eq!(link.0, <[u8; 32]>::from(hash.finalize()));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let link = Link::default().next(&[Value::Int(7)]);
        assert_eq!(Link::parse(&link.to_string()), Ok(link));
        for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)] {
            assert!(Link::parse(wrong).is_err(), "{wrong}");
        }
    }
}
