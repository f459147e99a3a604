//! Cases from before there was a desk, which it takes in when somebody asks.

use std::collections::BTreeSet;

use cases::Case;
use types::{AreaCode, Refusal, UnitId};

use crate::State;

/// The open infections among cases of one county, each once, in the order of their ids.
pub(crate) fn open_infections<'a>(
    state: &'a State,
    area: AreaCode,
    cases: &[UnitId],
) -> Result<impl Iterator<Item = &'a Case>, Refusal> {
    if let Some(other) = cases.iter().find(|case| case.area() != area) {
        return Err(Refusal::new("case-of-another-county").with("case", other));
    }
    let ids: BTreeSet<UnitId> = cases.iter().copied().collect();
    let known = ids.into_iter().filter_map(|id| state.cases.case(id));
    Ok(known.filter(|case| case.is_open() && case.class().is_infection()))
}
