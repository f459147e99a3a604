//! Counters that are kept in the same transaction as what they count.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use types::{AreaCode, UnitKind};

/// The holder under which units stand whose holder, or whose container's holder, nobody has
/// named yet.
pub const UNKNOWN: &str = "unknown";

const CREATED: &str = "created";
/// No holder starts like this: a holder has a colon after its kind.
const CLOSED: &str = "closed/";

/// Where a unit counts. Every unit counts once under [`Bucket::Created`], and once under one of
/// the others, which must add up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bucket<'a> {
    Created,
    /// By holder, or [`UNKNOWN`].
    Held(&'a str),
    /// By reason.
    Closed(&'a str),
}

impl<'a> Bucket<'a> {
    /// The text that the store keeps.
    fn text(self) -> Cow<'a, str> {
        match self {
            Bucket::Created => CREATED.into(),
            Bucket::Held(holder) => holder.into(),
            Bucket::Closed(reason) => format!("{CLOSED}{reason}").into(),
        }
    }

    /// Reads what [`Bucket::text`] wrote.
    pub(crate) fn parse(text: &'a str) -> Bucket<'a> {
        match text.strip_prefix(CLOSED) {
            _ if text == CREATED => Bucket::Created,
            Some(reason) => Bucket::Closed(reason),
            None => Bucket::Held(text),
        }
    }
}

/// The balance of one kind of unit in one area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BalanceLine {
    /// Units ever seen.
    pub created: i64,
    /// Units by holder; `unknown` where nobody has said.
    pub held: BTreeMap<String, i64>,
    /// Units closed, by reason.
    pub closed: BTreeMap<String, i64>,
}

impl BalanceLine {
    /// Created less held less closed: zero, or an alarm.
    pub fn difference(&self) -> i64 {
        self.created - self.held.values().sum::<i64>() - self.closed.values().sum::<i64>()
    }

    pub(crate) fn add(&mut self, bucket: Bucket<'_>, by: i64) {
        let (line, name) = match bucket {
            Bucket::Created => {
                self.created += by;
                return;
            }
            Bucket::Held(holder) => (&mut self.held, holder),
            Bucket::Closed(reason) => (&mut self.closed, reason),
        };
        match line.get_mut(name) {
            Some(n) => *n += by,
            None => {
                line.insert(name.to_owned(), by);
            }
        }
    }

    /// Drops what has come back to nothing, so that equal balances compare equal.
    pub(crate) fn tidy(mut self) -> BalanceLine {
        self.held.retain(|_, n| *n != 0);
        self.closed.retain(|_, n| *n != 0);
        self
    }

    fn buckets(&self) -> impl Iterator<Item = (Bucket<'_>, i64)> {
        std::iter::once((Bucket::Created, self.created))
            .chain(self.held.iter().map(|(holder, n)| (Bucket::Held(holder), *n)))
            .chain(self.closed.iter().map(|(reason, n)| (Bucket::Closed(reason), *n)))
    }
}

/// By how much a group changes the counters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    units: HashMap<(AreaCode, UnitKind), BalanceLine>,
    stock: BTreeMap<(AreaCode, String, String), i64>,
}

impl Tally {
    pub(crate) fn count(&mut self, key: (AreaCode, UnitKind), bucket: Bucket<'_>, by: i64) {
        self.units.entry(key).or_default().add(bucket, by);
    }

    /// Counts units of several kinds under one holder.
    pub(crate) fn count_content(&mut self, content: &Content, bucket: Bucket<'_>, sign: i64) {
        // A kind that has come out again counts as one that never was inside: a replay in other
        // groups has it in memory where the store has forgotten it.
        for (key, n) in content.iter().filter(|(_, n)| **n != 0) {
            self.count(*key, bucket, sign * n);
        }
    }

    pub(crate) fn post(&mut self, area: AreaCode, commodity: &str, account: &str, by: i64) {
        *self.stock.entry((area, commodity.to_owned(), account.to_owned())).or_default() += by;
    }

    /// What is to be added to which counter: area, kind, bucket, units.
    ///
    /// Also where it comes to nothing: which rows there are must not depend on which commands
    /// happened to be written in one group, or a replay in other groups would differ.
    pub(crate) fn unit_rows(
        &self,
    ) -> impl Iterator<Item = (AreaCode, UnitKind, Cow<'_, str>, i64)> {
        self.units.iter().flat_map(|((area, kind), line)| {
            line.buckets().map(|(bucket, by)| (*area, *kind, bucket.text(), by))
        })
    }

    /// What is to be added to which account: area, commodity, account, amount.
    pub(crate) fn stock_rows(&self) -> impl Iterator<Item = (AreaCode, &str, &str, i64)> {
        self.stock.iter().map(|((area, commodity, account), by)| {
            (*area, commodity.as_str(), account.as_str(), *by)
        })
    }
}

/// What a container holds, all levels: open units by area and kind.
pub(crate) type Content = BTreeMap<(AreaCode, UnitKind), i64>;

/// The stored form of a content, for example `220202:T=38 220203:T=2`: sorted, so that equal
/// contents are equal texts.
pub(crate) fn content_text(content: &Content) -> String {
    let parts: Vec<String> = content
        .iter()
        .filter(|(_, n)| **n != 0)
        .map(|((area, kind), n)| format!("{area}:{kind}={n}"))
        .collect();
    parts.join(" ")
}

/// Reads what [`content_text`] wrote; `None` when it is not that form.
pub(crate) fn content_parse(text: &str) -> Option<Content> {
    text.split_whitespace()
        .map(|part| {
            let (key, n) = part.split_once('=')?;
            let (area, kind) = key.split_once(':')?;
            let area = AreaCode::new(area.parse().ok()?).ok()?;
            let mut letters = kind.chars();
            let kind = UnitKind::try_from(letters.next()?).ok()?;
            letters.next().is_none().then_some(())?;
            Some(((area, kind), n.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_round_trips() {
        let area = AreaCode::new(220_202).expect("six digits");
        let content = Content::from([
            ((area, UnitKind::new('T')), 38),
            ((AreaCode::NONE, UnitKind::new('B')), 1),
        ]);
        assert_eq!(content_parse(&content_text(&content)), Some(content));
        assert_eq!(content_parse(""), Some(Content::new()));
        assert_eq!(content_parse("x"), None);
    }

    #[test]
    fn no_holder_is_taken_for_a_closure() {
        let holder = types::HolderCode::parse("closed:reported").expect("a well-formed holder");
        for bucket in [Bucket::Created, Bucket::Held(holder.as_str()), Bucket::Closed("reported")] {
            assert_eq!(Bucket::parse(&bucket.text()), bucket);
        }
    }
}
