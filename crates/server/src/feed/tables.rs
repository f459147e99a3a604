//! The feed's tables. They are not derived from the journal: what a laboratory sent is kept as
//! it came, also when it led to nothing. They are written through [`ledger::Engine::operate`].

use store::{Schema, statements};

/// Messages and files as they came, what waits, who is who, and who did what.
pub const SCHEMA: Schema = Schema {
    name: "feed",
    migrations: &[&[
        // A message of HL7 or a file. `items = recorded + duplicate + waiting + rejected +
        // dismissed`; of recorded and duplicate, the direct ones have no row in feed_item.
        "CREATE TABLE feed_message (
            id BYTEA PRIMARY KEY, channel TEXT NOT NULL, format TEXT NOT NULL,
            sender TEXT NOT NULL, lab TEXT, area BIGINT NOT NULL, control TEXT NOT NULL,
            digest BYTEA NOT NULL, bytes BIGINT NOT NULL, received_at BIGINT NOT NULL,
            actor TEXT NOT NULL, scope TEXT, state TEXT NOT NULL, reason TEXT, reply BYTEA,
            items BIGINT NOT NULL, recorded BIGINT NOT NULL, duplicate BIGINT NOT NULL,
            waiting BIGINT NOT NULL, rejected BIGINT NOT NULL, dismissed BIGINT NOT NULL,
            direct_recorded BIGINT NOT NULL, direct_duplicate BIGINT NOT NULL,
            by_hand BIGINT NOT NULL, repeats BIGINT NOT NULL, repeated_at BIGINT) {plain}",
        "CREATE INDEX feed_message_control ON feed_message (sender, control, received_at)",
        "CREATE INDEX feed_message_digest ON feed_message (digest)",
        "CREATE INDEX feed_message_state ON feed_message (state, received_at, id)",
        // The overview sums over a window: it reads this index alone.
        "CREATE INDEX feed_message_time ON feed_message
            (received_at, id, area, lab, sender, items, recorded, duplicate, waiting, rejected,
             dismissed)",
        "CREATE TABLE feed_raw (
            message BYTEA NOT NULL, n BIGINT NOT NULL, sealed BYTEA NOT NULL,
            PRIMARY KEY (message, n)) {clustered}",
        "CREATE TABLE feed_item (
            message BYTEA NOT NULL, n BIGINT NOT NULL, area BIGINT NOT NULL, lab TEXT,
            tube TEXT, guess BYTEA, unit BYTEA, state TEXT NOT NULL, reason TEXT, draft TEXT,
            sealed BYTEA, attempt BIGINT NOT NULL, rematch BIGINT NOT NULL,
            received_at BIGINT NOT NULL, settled_at BIGINT, settled_by TEXT, note TEXT,
            PRIMARY KEY (message, n)) {clustered}",
        "CREATE INDEX feed_item_state ON feed_item (state, received_at, message, n)",
        "CREATE INDEX feed_item_tube ON feed_item (tube) WHERE rematch = 1",
        "CREATE INDEX feed_item_guess ON feed_item (guess) WHERE rematch = 1",
        "CREATE INDEX feed_item_claimed ON feed_item (message, n)
            WHERE unit IS NOT NULL AND state = 'waiting'",
        "CREATE TABLE feed_alias (
            name TEXT PRIMARY KEY, shown TEXT NOT NULL, lab TEXT NOT NULL,
            actor TEXT NOT NULL, at BIGINT NOT NULL) {plain}",
        "CREATE TABLE feed_event (
            id BYTEA PRIMARY KEY, message BYTEA, n BIGINT, at BIGINT NOT NULL,
            actor TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL) {plain}",
        "CREATE INDEX feed_event_message ON feed_event (message, at)",
    ]],
    derived: &[],
};

statements! {
    MESSAGE_PUT: Insert = Insert::new(
        "feed_message",
        &[("id", Bytes), ("channel", Text), ("format", Text), ("sender", Text), ("lab", Text),
          ("area", Int), ("control", Text), ("digest", Bytes), ("bytes", Int),
          ("received_at", Int), ("actor", Text), ("scope", Text), ("state", Text), ("reason", Text),
          ("reply", Bytes), ("items", Int), ("recorded", Int), ("duplicate", Int),
          ("waiting", Int), ("rejected", Int), ("dismissed", Int), ("direct_recorded", Int),
          ("direct_duplicate", Int), ("by_hand", Int), ("repeats", Int)],
        "ON CONFLICT (id) DO NOTHING");
    MESSAGE_ONE: Query = Query::new(
        "SELECT id, channel, format, sender, lab, area, control, digest, bytes, received_at, actor,
                state, reason, items, recorded, duplicate, waiting, rejected, dismissed, repeats,
                repeated_at, direct_recorded, direct_duplicate, scope
         FROM feed_message WHERE id = $1");
    REPLY_OF: Query = Query::new("SELECT reply FROM feed_message WHERE id = $1");
    // A message that was taken claims its control id; one that was turned away does not.
    CONTROL_TAKEN: Query = Query::new(
        "SELECT id FROM feed_message
         WHERE sender = $1 AND control = $2 AND reason IS NULL
         ORDER BY received_at, id LIMIT 1");
    FILE_BY_DIGEST: Query = Query::new(
        "SELECT id FROM feed_message
         WHERE digest = $1 AND id <> $2 AND format = 'csv' AND lab IS NOT DISTINCT FROM $3
         AND state NOT IN ('storing', 'withdrawn')
         ORDER BY received_at, id LIMIT 1");
    MESSAGE_REPEATED: Query = Query::new(
        "UPDATE feed_message SET repeats = repeats + 1, repeated_at = $2 WHERE id = $1");
    // Taken after all: with what came of it and another reply.
    MESSAGE_TAKEN: Query = Query::new(
        "UPDATE feed_message SET lab = $2, area = $3, reason = NULL, reply = $4, items = $5,
                direct_recorded = $6, direct_duplicate = $7
         WHERE id = $1");
    MESSAGE_NAMED: Query = Query::new(
        "UPDATE feed_message SET lab = $2, area = $3, reply = $4 WHERE id = $1 AND lab IS NULL");
    // Only one of those who ask for the same step starts it.
    MESSAGE_STEP: Query = Query::new(
        "UPDATE feed_message SET state = $3 WHERE id = $1 AND state = $2");
    MESSAGE_FAILED: Query = Query::new(
        "UPDATE feed_message SET state = 'rejected', reason = $2 WHERE id = $1");
    MESSAGE_DISMISSED: Query = Query::new(
        "UPDATE feed_message SET state = 'resolved', by_hand = 1
         WHERE id = $1 AND state = 'rejected' AND reason IS NOT NULL");
    FILE_STORED: Query = Query::new(
        "UPDATE feed_message SET digest = $2, bytes = $3, state = $4 WHERE id = $1");
    FILE_COUNTED: Query = Query::new(
        "UPDATE feed_message SET items = $2, recorded = $3, duplicate = $4, waiting = $5,
                rejected = $6, direct_recorded = $7, direct_duplicate = $8, state = $9
         WHERE id = $1");
    MESSAGE_DROP: Query = Query::new("DELETE FROM feed_message WHERE id = $1");
    MESSAGES_IN_STATE: Query = Query::new(
        "SELECT id, received_at FROM feed_message WHERE state = $1 ORDER BY received_at, id");
    // Senders nobody has named, whose messages wait for it.
    SENDERS_UNKNOWN: Query = Query::new(
        "SELECT DISTINCT sender FROM feed_message
         WHERE state = 'waiting' AND lab IS NULL AND reason IS NULL ORDER BY sender LIMIT $1");
    MESSAGES_OF_UNKNOWN: Query = Query::new(
        "SELECT id FROM feed_message
         WHERE sender = $1 AND state = 'waiting' AND lab IS NULL AND reason IS NULL
         ORDER BY received_at, id LIMIT $2");
    // Recounts from the items; the state follows from the counts.
    MESSAGE_RECOUNT: Query = Query::new(
        "UPDATE feed_message SET
            recorded = direct_recorded + (SELECT count(*) FROM feed_item i
                WHERE i.message = feed_message.id AND i.state = 'recorded'),
            duplicate = direct_duplicate + (SELECT count(*) FROM feed_item i
                WHERE i.message = feed_message.id AND i.state = 'duplicate'),
            waiting = (SELECT count(*) FROM feed_item i
                WHERE i.message = feed_message.id AND i.state = 'waiting'),
            rejected = (SELECT count(*) FROM feed_item i
                WHERE i.message = feed_message.id AND i.state = 'rejected'),
            dismissed = (SELECT count(*) FROM feed_item i
                WHERE i.message = feed_message.id AND i.state = 'dismissed'),
            by_hand = {greatest}(by_hand, $2),
            state = CASE
                WHEN EXISTS (SELECT 1 FROM feed_item i
                    WHERE i.message = feed_message.id AND i.state = 'waiting') THEN 'waiting'
                WHEN EXISTS (SELECT 1 FROM feed_item i
                    WHERE i.message = feed_message.id AND i.state = 'rejected') THEN 'rejected'
                WHEN {greatest}(by_hand, $2) = 1 THEN 'resolved'
                ELSE 'done' END
         WHERE id = $1 AND reason IS NULL");

    RAW_PUT: Insert = Insert::new(
        "feed_raw", &[("message", Bytes), ("n", Int), ("sealed", Bytes)],
        "ON CONFLICT (message, n) DO NOTHING");
    RAW_NEXT: Query = Query::new(
        "SELECT n, sealed FROM feed_raw WHERE message = $1 AND n > $2 ORDER BY n LIMIT $3");
    RAW_DROP: Query = Query::new("DELETE FROM feed_raw WHERE message = $1");

    ITEM_PUT: Insert = Insert::new(
        "feed_item",
        &[("message", Bytes), ("n", Int), ("area", Int), ("lab", Text), ("tube", Text),
          ("guess", Bytes), ("unit", Bytes), ("state", Text), ("reason", Text), ("draft", Text),
          ("sealed", Bytes), ("attempt", Int), ("rematch", Int), ("received_at", Int),
          ("settled_at", Int)],
        "ON CONFLICT (message, n) DO NOTHING");
    ITEM_ONE: Query = Query::new(
        "SELECT message, n, area, lab, tube, unit, state, reason, draft, sealed, attempt,
                received_at, settled_at, settled_by, note
         FROM feed_item WHERE message = $1 AND n = $2");
    ITEMS_OF: Query = Query::new(
        "SELECT message, n, area, lab, tube, unit, state, reason, draft, sealed, attempt,
                received_at, settled_at, settled_by, note
         FROM feed_item WHERE message = $1 AND n > $2 ORDER BY n LIMIT $3");
    ITEMS_OF_IN: Query = Query::new(
        "SELECT message, n, area, lab, tube, unit, state, reason, draft, sealed, attempt,
                received_at, settled_at, settled_by, note
         FROM feed_item WHERE message = $1 AND n > $2 AND state = $3 ORDER BY n LIMIT $4");
    ITEMS_DROP: Query = Query::new("DELETE FROM feed_item WHERE message = $1");
    // Who is to be matched with which tube is written down before the result is sent: of two
    // who match the same item with two tubes, one finds it taken.
    ITEM_CLAIM: Query = Query::new(
        "UPDATE feed_item SET unit = $3, area = $4
         WHERE message = $1 AND n = $2 AND state = 'waiting' AND draft IS NOT NULL
         AND lab IS NOT NULL AND (unit IS NULL OR unit = $3)");
    ITEM_SETTLE: Query = Query::new(
        "UPDATE feed_item SET state = $3, reason = $4, rematch = 0, settled_at = $5,
                settled_by = $6, note = $7
         WHERE message = $1 AND n = $2 AND state = 'waiting'");
    // The desk said no to that tube: free for another, under a new command.
    ITEM_REFUSED: Query = Query::new(
        "UPDATE feed_item SET unit = NULL, reason = $3, rematch = 0, attempt = attempt + 1
         WHERE message = $1 AND n = $2 AND state = 'waiting'");
    ITEM_WAITS: Query = Query::new(
        "UPDATE feed_item SET lab = $3, area = $4, reason = $5, rematch = $6
         WHERE message = $1 AND n = $2 AND state = 'waiting' AND unit IS NULL");
    ITEM_DISMISS: Query = Query::new(
        "UPDATE feed_item SET state = 'dismissed', rematch = 0, settled_at = $3, settled_by = $4,
                note = $5
         WHERE message = $1 AND n = $2 AND state IN ('waiting', 'rejected') AND unit IS NULL");
    ITEMS_DISMISS: Query = Query::new(
        "UPDATE feed_item SET state = 'dismissed', rematch = 0, settled_at = $2, settled_by = $3,
                note = $4
         WHERE message = $1 AND state IN ('waiting', 'rejected') AND unit IS NULL");
    // Items whose barcode belongs to a tube by now.
    MATCHED_BY_BARCODE: Query = Query::new(
        "SELECT i.message, i.n FROM feed_item i
         WHERE i.rematch = 1 AND i.state = 'waiting' AND i.unit IS NULL AND i.lab IS NOT NULL
         AND EXISTS (SELECT 1 FROM tube t WHERE t.barcode = i.tube AND t.barcode IS NOT NULL)
         ORDER BY i.received_at LIMIT $1");
    MATCHED_BY_CODE: Query = Query::new(
        "SELECT i.message, i.n FROM feed_item i
         WHERE i.rematch = 1 AND i.state = 'waiting' AND i.unit IS NULL AND i.lab IS NOT NULL
         AND EXISTS (SELECT 1 FROM tube t WHERE t.area = 0 AND t.id = i.guess)
         ORDER BY i.received_at LIMIT $1");
    // Claimed and not settled: the program ended between the two.
    CLAIMED: Query = Query::new(
        "SELECT message, n FROM feed_item WHERE unit IS NOT NULL AND state = 'waiting' LIMIT $1");

    // $5: whether messages that belong to no area yet are shown, too.
    SUMMARY: Query = Query::new(
        "SELECT lab, CASE WHEN lab IS NULL THEN sender ELSE '' END AS who, count(*),
                CAST(sum(items) AS BIGINT), CAST(sum(recorded) AS BIGINT),
                CAST(sum(duplicate) AS BIGINT), CAST(sum(waiting) AS BIGINT),
                CAST(sum(rejected) AS BIGINT), CAST(sum(dismissed) AS BIGINT), max(received_at)
         FROM feed_message
         WHERE received_at >= $1 AND received_at < $2
         AND (area BETWEEN $3 AND $4 OR ($5 = 1 AND area = 0)) AND ($6 = '' OR lab = $6)
         GROUP BY lab, CASE WHEN lab IS NULL THEN sender ELSE '' END
         ORDER BY lab NULLS FIRST, who");
    OPEN_NOW: Query = Query::new(
        "SELECT state, count(*), CAST(sum(waiting) AS BIGINT), CAST(sum(rejected) AS BIGINT),
                min(received_at)
         FROM feed_message
         WHERE state IN ('waiting', 'rejected')
         AND (area BETWEEN $1 AND $2 OR ($3 = 1 AND area = 0)) AND ($4 = '' OR lab = $4)
         GROUP BY state");
    MESSAGES: Query = Query::new(
        "SELECT id, channel, format, sender, lab, area, control, digest, bytes, received_at, actor,
                state, reason, items, recorded, duplicate, waiting, rejected, dismissed, repeats,
                repeated_at, direct_recorded, direct_duplicate, scope
         FROM feed_message
         WHERE received_at >= $1 AND (received_at, id) < ($2, $3)
         AND (area BETWEEN $4 AND $5 OR ($6 = 1 AND area = 0)) AND ($7 = '' OR lab = $7)
         ORDER BY received_at DESC, id DESC LIMIT $8");
    MESSAGES_BY_STATE: Query = Query::new(
        "SELECT id, channel, format, sender, lab, area, control, digest, bytes, received_at, actor,
                state, reason, items, recorded, duplicate, waiting, rejected, dismissed, repeats,
                repeated_at, direct_recorded, direct_duplicate, scope
         FROM feed_message
         WHERE state = $9 AND received_at >= $1 AND (received_at, id) < ($2, $3)
         AND (area BETWEEN $4 AND $5 OR ($6 = 1 AND area = 0)) AND ($7 = '' OR lab = $7)
         ORDER BY received_at DESC, id DESC LIMIT $8");
    ITEMS_WAITING: Query = Query::new(
        "SELECT i.message, i.n, i.area, i.lab, i.tube, i.unit, i.state, i.reason, i.draft,
                i.sealed, i.attempt, i.received_at, i.settled_at, i.settled_by, i.note, m.sender
         FROM feed_item i JOIN feed_message m ON m.id = i.message
         WHERE i.state = 'waiting' AND (i.received_at, i.message, i.n) > ($1, $2, $3)
         AND (m.area BETWEEN $4 AND $5 OR ($6 = 1 AND m.area = 0)) AND ($7 = '' OR i.lab = $7)
         ORDER BY i.received_at, i.message, i.n LIMIT $8");

    ALIAS_PUT: Insert = Insert::new(
        "feed_alias",
        &[("name", Text), ("shown", Text), ("lab", Text), ("actor", Text), ("at", Int)],
        "ON CONFLICT (name) DO UPDATE SET shown = excluded.shown, lab = excluded.lab,
            actor = excluded.actor, at = excluded.at");
    ALIAS_ONE: Query = Query::new("SELECT lab FROM feed_alias WHERE name = $1");
    ALIAS_DROP: Query = Query::new("DELETE FROM feed_alias WHERE name = $1");
    ALIASES: Query = Query::new(
        "SELECT name, shown, lab, actor, at FROM feed_alias ORDER BY lab, name LIMIT $1");

    EVENT_PUT: Insert = Insert::new(
        "feed_event",
        &[("id", Bytes), ("message", Bytes), ("n", Int), ("at", Int), ("actor", Text),
          ("what", Text), ("detail", Text)],
        "");
    EVENTS_OF: Query = Query::new(
        "SELECT n, at, actor, what, detail FROM feed_event WHERE message = $1
         ORDER BY at DESC, id DESC LIMIT $2");
}

#[cfg(test)]
mod tests {
    use store::both_stores;

    #[allow(unused_imports)]
    use super::{SCHEMA, STATEMENTS};

    both_stores! {
        async fn every_statement_prepares(bed: TestBed) {
            let mut schemas = desks::schemas();
            schemas.push(SCHEMA);
            let store = bed.open(&schemas).await.expect("opens");
            let mut writer = store.writer().await.expect("writer");
            for (name, statement) in STATEMENTS {
                writer.prepare(*statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }
}
