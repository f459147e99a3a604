//! What people type into a form to say which place they mean: its code, or its name.

use registry::views::{self, PlaceLine};
use types::{PlaceCode, Refusal};

use crate::Fault;
use crate::i18n::Speaks;
use crate::pages::testing::names::pick;
use crate::seat::Seat;

/// Names that are looked at for one that was typed.
const LOOKED_AT: i64 = 50;
/// Places that a refusal names, of several that were found.
const TOLD: usize = 4;

/// The place of a code, or of a name that only one place in view has. Whether there is a place of that code is for
/// the rules to say; only a name is looked up.
///
/// # Errors
/// `place-name-unknown`, `place-name-ambiguous`.
pub async fn place(seat: &Seat, typed: &str) -> Result<Result<PlaceCode, Refusal>, Fault> {
    let typed = typed.trim();
    if let Ok(code) = PlaceCode::parse(typed) {
        return Ok(Ok(code));
    }
    let mut db = seat.db().await?;
    let found = views::search_places(&mut db, seat.scope(), typed, LOOKED_AT).await?;
    Ok(chosen(seat, typed, &found))
}

/// Several of them, with commas between them; codes may have blanks between them.
///
/// # Errors
/// As [`place`]: of the first that is none.
pub async fn places(seat: &Seat, typed: &str) -> Result<Result<Vec<PlaceCode>, Refusal>, Fault> {
    let mut all = Vec::new();
    for part in parts(typed) {
        match place(seat, part).await? {
            Ok(code) => all.push(code),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(all))
}

/// The code of the community that a list is asked for by its code or name; nothing for all.
///
/// # Errors
/// As [`place`].
pub async fn community(seat: &Seat, asked: &str) -> Result<String, Fault> {
    match asked.trim() {
        "" => Ok(String::new()),
        typed => Ok(place(seat, typed).await??.to_string()),
    }
}

/// What stands between the commas. A name may have blanks in it, so they part codes only.
fn parts(typed: &str) -> Vec<&str> {
    let listed = typed.split([',', '，', '、', ';', '；', '\n']).map(str::trim);
    let listed = listed.filter(|part| !part.is_empty());
    listed
        .flat_map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            match words.iter().all(|word| PlaceCode::parse(word).is_ok()) {
                true => words,
                false => vec![part],
            }
        })
        .collect()
}

/// The one whose name it is; else the only one whose name has it in it.
fn chosen(seat: &Seat, typed: &str, found: &[PlaceLine]) -> Result<PlaceCode, Refusal> {
    let same = |name: &str| name.to_lowercase() == typed.to_lowercase();
    let exact: Vec<&PlaceLine> =
        found.iter().filter(|line| same(&line.name_zh) || same(&line.name_en)).collect();
    let meant = if exact.is_empty() { found.iter().collect() } else { exact };
    match meant.as_slice() {
        [one] => Ok(one.code.clone()),
        [] => Err(Refusal::new("place-name-unknown").with("text", typed)),
        several => {
            let named = several.iter().take(TOLD).map(|line| {
                format!("{} {}", pick(seat.lang(), &line.name_zh, &line.name_en), line.code)
            });
            let named: Vec<String> = named.collect();
            Err(Refusal::new("place-name-ambiguous")
                .with("text", typed)
                .with("found", named.join("; ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_part_codes_and_stay_in_names() {
        assert_eq!(
            parts("220202 220202001,  Jiangnan Garden ，松花社区"),
            ["220202", "220202001", "Jiangnan Garden", "松花社区"]
        );
        assert!(parts(" , ").is_empty());
    }
}
