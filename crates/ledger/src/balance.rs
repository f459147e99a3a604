//! Counters that are kept in the same transaction as what they count.

use std::collections::BTreeMap;

use types::{AreaCode, UnitKind};

/// Every unit ever seen, under this bucket; the other buckets must add up to it.
pub(crate) const CREATED: &str = "created";
/// Units whose container or holder nobody has named yet.
pub(crate) const UNKNOWN: &str = "unknown";

/// What a container holds, all levels: units by area and kind.
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
}
