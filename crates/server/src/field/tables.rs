//! Tables of the field app's server side. They are not derived from the journal: keys of devices
//! and numbers of printed labels are no part of the story of a sample.

use store::{Schema, statements};

/// Public keys of devices, the serial numbers of labels given out, and the rolls printed.
pub const SCHEMA: Schema = Schema {
    name: "field",
    migrations: &[&[
        "CREATE TABLE field_device (
            device TEXT PRIMARY KEY, area BIGINT NOT NULL, holder TEXT NOT NULL,
            login TEXT NOT NULL, public_key TEXT NOT NULL, seen_at BIGINT NOT NULL) {plain}",
        "CREATE INDEX field_device_area ON field_device (area, seen_at)",
        "CREATE TABLE label_serial (
            area BIGINT NOT NULL, kind TEXT NOT NULL, next BIGINT NOT NULL,
            PRIMARY KEY (area, kind)) {clustered}",
        "CREATE TABLE label_roll (
            area BIGINT NOT NULL, id BYTEA NOT NULL, kind TEXT NOT NULL, first BIGINT NOT NULL,
            count BIGINT NOT NULL, login TEXT NOT NULL, made_at BIGINT NOT NULL,
            PRIMARY KEY (area, id)) {clustered}",
    ]],
    derived: &[],
};

statements! {
    DEVICE_PUT: Insert = Insert::new(
        "field_device",
        &[("device", Text), ("area", Int), ("holder", Text), ("login", Text),
          ("public_key", Text), ("seen_at", Int)],
        "ON CONFLICT (device) DO UPDATE SET area = excluded.area, holder = excluded.holder,
            login = excluded.login, seen_at = excluded.seen_at");
    DEVICES_OF: Query = Query::new(
        "SELECT device, holder, public_key FROM field_device
         WHERE area BETWEEN $1 AND $2 AND seen_at >= $3 ORDER BY seen_at DESC LIMIT $4");
    DEVICE_BY_ID: Lookup = Lookup::new(
        "SELECT d.device, d.holder, d.public_key, d.login FROM field_device d",
        &[("d.device", Text)], "");
    SERIAL_BEGIN: Insert = Insert::new(
        "label_serial", &[("area", Int), ("kind", Text), ("next", Int)],
        "ON CONFLICT (area, kind) DO NOTHING");
    SERIAL_NEXT: Query = Query::new(
        "SELECT next FROM label_serial WHERE area = $1 AND kind = $2");
    // Of two that ask at once, one changes no row and asks again.
    SERIAL_TAKE: Query = Query::new(
        "UPDATE label_serial SET next = $4 WHERE area = $1 AND kind = $2 AND next = $3");
    ROLL_PUT: Insert = Insert::new(
        "label_roll",
        &[("area", Int), ("id", Bytes), ("kind", Text), ("first", Int), ("count", Int),
          ("login", Text), ("made_at", Int)],
        "");
    ROLL_BY_ID: Query = Query::new(
        "SELECT id, kind, first, count, login, made_at FROM label_roll
         WHERE area = $1 AND id = $2");
    ROLLS_OF: Query = Query::new(
        "SELECT id, kind, first, count, login, made_at FROM label_roll
         WHERE area = $1 ORDER BY made_at DESC, id DESC LIMIT $2");
}

#[cfg(test)]
mod tests {
    use store::both_stores;

    #[allow(unused_imports)]
    use super::{SCHEMA, STATEMENTS};

    both_stores! {
        async fn every_statement_prepares(bed: TestBed) {
            let store = bed.open(&[ledger::SCHEMA, SCHEMA]).await.expect("opens");
            let mut writer = store.writer().await.expect("writer");
            for (name, statement) in STATEMENTS {
                writer.prepare(*statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }
}
