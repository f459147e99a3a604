//! Which laboratory a sender is: by the names that a desk has given it, else by its code, else
//! by its name in the registry.

use registry::views;
use store::Connection;
use types::{AreaCode, AreaScope, HolderCode, Micros};

use crate::Fault;
use crate::feed::message::holder;
use crate::feed::tables::{ALIAS_ONE, ALIASES};

/// The kind of holder that sends results.
pub const LAB: &str = "lab";
/// Most names in one list.
const MOST_ALIASES: i64 = 1_000;

/// A laboratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laboratory {
    /// Its code, `lab:…`.
    pub code: HolderCode,
    /// Its county; none when the registry does not know it.
    pub area: AreaCode,
}

impl Laboratory {
    /// The laboratory of a code.
    ///
    /// # Errors
    /// [`Fault`] when the store fails; as all functions here.
    pub async fn of(db: &mut Connection, code: HolderCode) -> Result<Laboratory, Fault> {
        let known = views::holders_by_code(db, std::slice::from_ref(&code)).await?;
        let area = known.get(&code).map_or(AreaCode::NONE, |line| line.area);
        Ok(Laboratory { code, area })
    }
}

/// A sender's name in the form in which it is compared.
pub fn normal(sender: &str) -> String {
    sender.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The laboratory that a sender is, if it can be told.
///
/// # Errors
/// As [`Laboratory::of`].
pub async fn resolve(db: &mut Connection, sender: &str) -> Result<Option<Laboratory>, Fault> {
    let name = normal(sender);
    if name.is_empty() {
        return Ok(None);
    }
    if let Some(row) = db.first(&ALIAS_ONE, &[name.as_str().into()]).await?
        && let Some(code) = holder(row.opt_text(0)?)?
    {
        return Laboratory::of(db, code).await.map(Some);
    }
    let sender = sender.trim();
    let bare = sender.strip_prefix("lab:").unwrap_or(sender);
    if let Ok(code) = HolderCode::parse(&format!("{LAB}:{bare}")) {
        let known = views::holders_by_code(db, std::slice::from_ref(&code)).await?;
        if let Some(line) = known.get(&code) {
            return Ok(Some(Laboratory { code, area: line.area }));
        }
    }
    let named = views::holders(db, AreaScope::ALL, LAB).await?.into_iter().filter(|line| {
        normal(&line.name_zh) == name || (!line.name_en.is_empty() && normal(&line.name_en) == name)
    });
    let named: Vec<_> = named.collect();
    // Two laboratories of one name: a person has to say which is meant.
    match named.as_slice() {
        [only] => Ok(Some(Laboratory { code: only.code.clone(), area: only.area })),
        _ => Ok(None),
    }
}

/// A name that a desk has given a laboratory.
#[derive(Clone, Debug)]
pub struct Alias {
    /// The name as compared.
    pub name: String,
    /// The name as typed.
    pub shown: String,
    /// The laboratory.
    pub lab: HolderCode,
    /// Who said so.
    pub actor: String,
    /// When.
    pub at: Micros,
}

/// All names, by laboratory.
///
/// # Errors
/// As [`Laboratory::of`].
pub async fn aliases(db: &mut Connection) -> Result<Vec<Alias>, Fault> {
    let rows = db.query(&ALIASES, &[MOST_ALIASES.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Alias {
                name: row.text(0)?.to_owned(),
                shown: row.text(1)?.to_owned(),
                lab: HolderCode::parse(row.text(2)?).map_err(Fault::internal)?,
                actor: row.text(3)?.to_owned(),
                at: row.time(4)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_space() {
        assert_eq!(normal("  JLSY   PCR1 "), "jlsy pcr1");
        assert_eq!(normal("吉林 检验所"), "吉林 检验所");
        assert_eq!(normal(" "), "");
    }
}
