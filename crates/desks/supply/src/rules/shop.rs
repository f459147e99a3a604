//! Shops: whom they serve, what they have, and for how much.

use ledger::{Decision, note_needed};
use registry::place::Level;
use types::{HolderCode, PlaceCode, Refusal};

use super::{Decided, Facts, few, positive};
use crate::command::{Command, Item};
use crate::event::Event;
use crate::words::{Good, ServesWhy};

pub(super) fn assign(
    facts: &Facts<'_, Command>,
    community: &PlaceCode,
    code: &HolderCode,
    households: i64,
) -> Decided {
    let shop = facts.shop(code)?;
    if Level::of(community) != Some(Level::Community) || community.area() != Some(facts.asked.area)
    {
        return Err(Refusal::new("community-needed").with("place", community));
    }
    if households < 0 {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", households)
            .with("limit", shop.households));
    }
    let key = (community.to_string(), code.to_string());
    let before = facts.state.serves.get(&key).map_or(0, |serves| serves.households);
    if households > before {
        facts.open_site(code)?;
        let all = facts.state.packs_for(code) - before + households;
        if all > shop.households {
            return Err(Refusal::new("shop-full")
                .with("site", code)
                .with("room", shop.households)
                .with("wanted", all));
        }
    }
    let mut decision = Decision::fact(Event::Serves {
        community: community.clone(),
        shop: Some(code.clone()),
        households,
        why: ServesWhy::Assigned,
    });
    // Those whom no shop had room for are the first to have one.
    let none = (community.to_string(), String::new());
    let without = facts.state.serves.get(&none).map_or(0, |serves| serves.households);
    if without > 0 && households > before {
        decision.events.push(Event::Serves {
            community: community.clone(),
            shop: None,
            households: (without - (households - before)).max(0),
            why: ServesWhy::NoRoom,
        });
    }
    Ok(decision)
}

pub(super) fn prices(facts: &Facts<'_, Command>, code: &HolderCode, items: &[Item]) -> Decided {
    facts.shop(code)?;
    facts.open_site(code)?;
    few(items.len())?;
    for (n, item) in items.iter().enumerate() {
        let well_formed = (1..=24).contains(&item.code.len())
            && item.code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed || items[..n].iter().any(|other| other.code == item.code) {
            return Err(Refusal::new("item-code-wrong").with("item", &item.code));
        }
        if item.name_zh.trim().is_empty() {
            return Err(Refusal::new("name-needed").with("field", "name_zh"));
        }
        positive(item.amount)?;
        if item.fen < 0 || item.fen > 100_000_000 || item.at_most < 1 {
            return Err(Refusal::new("price-out-of-range").with("item", &item.code));
        }
        if let Some((_, limit)) = facts.state.limits.get(&(facts.asked.area, item.good))
            && crate::is_over(item, *limit)
        {
            return Err(Refusal::new("price-over-limit")
                .with("item", &item.code)
                .with("good", item.good)
                .with("limit", yuan(*limit))
                .by_rule("supply.price-limit"));
        }
    }
    Ok(Decision::fact(Event::Priced { shop: code.clone(), items: items.to_vec() }))
}

/// Fen as yuan: `3.50`.
pub(crate) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

pub(super) fn limit(good: Good, fen: i64, reason: &str) -> Decided {
    note_needed(reason)?;
    if !(1..=100_000_000).contains(&fen) {
        return Err(Refusal::new("price-out-of-range").with("item", good));
    }
    Ok(Decision::fact(Event::LimitSet { good, fen, reason: reason.trim().to_owned() }))
}
