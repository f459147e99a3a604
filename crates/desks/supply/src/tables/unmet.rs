//! Tables and statements of what households lack.

use store::{Table, statements};

/// What the fourth version of the desk's tables adds. `supply_unmet` has the households that lack something by the
/// hour from which on they do: what stands before the hour that runs is the list. `entitled` is 1 for a household that is
/// owed packs, 2 while one is under way. Households that were there before
/// are on it for their food and medicine at once, for all else with the next thing that happens to them.
pub(super) const MIGRATION: &[&str] = &[
    "ALTER TABLE supply_household ADD COLUMN next_milk BIGINT",
    "ALTER TABLE supply_household ADD COLUMN renew_by BIGINT",
    "ALTER TABLE supply_household ADD COLUMN waits TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE supply_household ADD COLUMN unmet_at BIGINT",
    "ALTER TABLE supply_household ADD COLUMN entitled BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE supply_order ADD COLUMN days BIGINT NOT NULL DEFAULT 0",
    "UPDATE supply_household SET entitled = 1
        WHERE restricted = 1 AND (needs LIKE '%cannot_order%' OR needs LIKE '%alone%')",
    "UPDATE supply_household SET unmet_at = next_food - 86400000000 * entitled",
    "UPDATE supply_household SET unmet_at = next_medicine
        WHERE next_medicine IS NOT NULL AND (unmet_at IS NULL OR next_medicine < unmet_at)",
    "CREATE INDEX supply_household_unmet ON supply_household (unmet_at, id, area)
        WHERE unmet_at IS NOT NULL",
    "CREATE INDEX supply_household_unmet_in ON supply_household (community, unmet_at, id, area)
        WHERE unmet_at IS NOT NULL",
    "CREATE INDEX supply_household_entitled ON supply_household (next_food, id, area, community)
        WHERE entitled > 0",
    "CREATE TABLE supply_unmet (
        area BIGINT NOT NULL, community TEXT NOT NULL, hour BIGINT NOT NULL,
        households BIGINT NOT NULL, PRIMARY KEY (area, community, hour)) {clustered}",
    "INSERT INTO supply_unmet (area, community, hour, households)
        SELECT area, community, unmet_at - unmet_at % 3600000000, count(*) FROM supply_household
        WHERE unmet_at IS NOT NULL GROUP BY area, community, unmet_at - unmet_at % 3600000000",
];

pub(super) const UNMET: Table = Table {
    name: "supply_unmet",
    columns: "area, community, hour, households",
    key: "area, community, hour",
};

statements! {
    UNMET_ADD: Insert = Insert::new(
        "supply_unmet",
        &[("area", Int), ("community", Text), ("hour", Int), ("households", Int)],
        "ON CONFLICT (area, community, hour) DO UPDATE SET
            households = supply_unmet.households + excluded.households");
    UNMET_COUNTS: Query = Query::new(
        "SELECT u.area, u.community,
            CAST(sum(u.households) AS BIGINT),
            CAST(sum(CASE WHEN u.hour < $4 THEN u.households ELSE 0 END) AS BIGINT)
         FROM supply_unmet u
         WHERE u.area BETWEEN $1 AND $2 AND u.hour < $3 AND ($5 = '' OR u.community = $5)
         GROUP BY u.area, u.community ORDER BY u.area, u.community");
    HOUSEHOLDS_UNMET: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.unmet_at IS NOT NULL AND (h.unmet_at, h.id) > ($1, $2) AND h.unmet_at < $3
           AND +h.area BETWEEN $4 AND $5
         ORDER BY h.unmet_at, h.id LIMIT $6");
    HOUSEHOLDS_UNMET_IN: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.community = $1 AND h.unmet_at IS NOT NULL AND (h.unmet_at, h.id) > ($2, $3)
           AND h.unmet_at < $4 AND +h.area BETWEEN $5 AND $6
         ORDER BY h.unmet_at, h.id LIMIT $7");
    HOUSEHOLDS_ENTITLED: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.entitled > 0 AND (h.next_food, h.id) > ($1, $2)
           AND +h.area BETWEEN $3 AND $4 AND ($5 = '' OR h.community = $5)
           AND ($6 = 0 OR h.entitled = $6)
         ORDER BY h.next_food, h.id LIMIT $7");
}
