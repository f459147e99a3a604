//! Tables and statements of the photos that prove receipts.

use store::{Table, statements};

/// What the ninth version of the desk's tables adds. `supply_photo_count` has by county and hour of the receipt how
/// many name a photo, how many of these have come, and how large those are. `supply_photo_sealed` has the photos
/// themselves: it is not derived from the journal, and its rows go when their days are over.
pub(super) const MIGRATION: &[&str] = &[
    "CREATE TABLE supply_photo (
        area BIGINT NOT NULL, id BYTEA NOT NULL, household BYTEA NOT NULL, place TEXT NOT NULL,
        hash TEXT NOT NULL, carrier TEXT, at BIGINT NOT NULL, actor TEXT NOT NULL,
        came_at BIGINT, came_by TEXT, image TEXT, bytes BIGINT,
        PRIMARY KEY (area, id)) {clustered}",
    "CREATE INDEX supply_photo_missing ON supply_photo (at, id, area) WHERE came_at IS NULL",
    "CREATE TABLE supply_photo_count (
        area BIGINT NOT NULL, hour BIGINT NOT NULL, named BIGINT NOT NULL, came BIGINT NOT NULL,
        bytes BIGINT NOT NULL, PRIMARY KEY (area, hour)) {clustered}",
    "CREATE TABLE supply_photo_sealed (
        area BIGINT NOT NULL, id BYTEA NOT NULL, received_at BIGINT NOT NULL,
        sealed BYTEA NOT NULL, PRIMARY KEY (area, id)) {clustered}",
    "CREATE INDEX supply_photo_sealed_at ON supply_photo_sealed (received_at)",
];

pub(super) const PHOTO: Table = Table {
    name: "supply_photo",
    columns: "area, id, household, place, hash, carrier, at, actor, came_at, came_by, image, bytes",
    key: "area, id",
};

pub(super) const COUNT: Table = Table {
    name: "supply_photo_count",
    columns: "area, hour, named, came, bytes",
    key: "area, hour",
};

macro_rules! photo {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.household, p.place, p.hash, p.carrier, p.at, p.actor, p.came_at,
                p.came_by, p.image, p.bytes
             FROM supply_photo p",
            $rest
        )
    };
}

statements! {
    PHOTO_BY_ID: Lookup = Lookup::new(photo!(""), &[("p.area", Int), ("p.id", Bytes)], "");
    PHOTO_PUT: Insert = Insert::new(
        "supply_photo",
        &[("area", Int), ("id", Bytes), ("household", Bytes), ("place", Text), ("hash", Text),
          ("carrier", Text), ("at", Int), ("actor", Text), ("came_at", Int), ("came_by", Text),
          ("image", Text), ("bytes", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET came_at = excluded.came_at,
            came_by = excluded.came_by, image = excluded.image, bytes = excluded.bytes");
    PHOTOS_MISSING: Query = Query::new(
        photo!(" WHERE p.came_at IS NULL AND (p.at, p.id) > ($1, $2) AND p.at >= $3 AND p.at < $4
               AND +p.area BETWEEN $5 AND $6
             ORDER BY p.at, p.id LIMIT $7"));
    PHOTO_COUNT_ADD: Insert = Insert::new(
        "supply_photo_count",
        &[("area", Int), ("hour", Int), ("named", Int), ("came", Int), ("bytes", Int)],
        "ON CONFLICT (area, hour) DO UPDATE SET
            named = supply_photo_count.named + excluded.named,
            came = supply_photo_count.came + excluded.came,
            bytes = supply_photo_count.bytes + excluded.bytes");
    PHOTO_COUNTS: Query = Query::new(
        "SELECT CAST(coalesce(sum(CASE WHEN c.hour < $4 THEN c.named - c.came ELSE 0 END), 0) AS BIGINT),
                CAST(coalesce(sum(c.named), 0) AS BIGINT),
                CAST(coalesce(sum(c.came), 0) AS BIGINT),
                CAST(coalesce(sum(c.bytes), 0) AS BIGINT)
         FROM supply_photo_count c WHERE c.area BETWEEN $1 AND $2 AND c.hour >= $3");
    // Whoever sends it again has it here already: a photo is the photo of its hash.
    SEALED_PUT: Insert = Insert::new(
        "supply_photo_sealed",
        &[("area", Int), ("id", Bytes), ("received_at", Int), ("sealed", Bytes)],
        "ON CONFLICT (area, id) DO NOTHING");
    SEALED_ONE: Query = Query::new(
        "SELECT s.sealed FROM supply_photo_sealed s WHERE s.area = $1 AND s.id = $2");
    // A few at a time: each is some hundred kilobytes.
    SEALED_OVER: Query = Query::new(
        "DELETE FROM supply_photo_sealed WHERE (area, id) IN
            (SELECT s.area, s.id FROM supply_photo_sealed s WHERE s.received_at <= $1
             ORDER BY s.received_at LIMIT $2)");
}
