//! More rounds by copying the first one: the bulk path of `bench boards`.
//!
//! The first round of a whole city goes through the ledger, command by command, which takes a
//! quarter of an hour. The others differ from it only by their days and their tubes, so their rows
//! are copied from it set-based, table by table, with new codes and later times. The last one is
//! under way: what would happen later than now has not happened. The journal is not copied: no page
//! reads it but the list of refused commands. So this store is for measuring pages, and an audit
//! would find the copies.
//!
//! A copied code is the original's with the round in its eighth byte, which makes it a code of the
//! kind that is not printed. SQLite only: its store can be kept.

use anyhow::Result;
use store::Store;
use types::{Micros, RoundId};

/// A round that is there, and one to be made of it.
pub(super) struct Copy {
    /// The round that went through the ledger.
    pub of: RoundId,
    /// The new round.
    pub id: RoundId,
    /// Its number, from 2 up to 100.
    pub number: u32,
    /// How much later it is, in whole hours, microseconds.
    pub later: i64,
    /// Nothing happens after this.
    pub now: Micros,
    /// Whether it has been closed.
    pub closed: bool,
}

impl Copy {
    /// Writes the rows, in one transaction; nothing when the round is there already.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn write(&self, store: &Store) -> Result<()> {
        let mut db = store.writer().await?;
        let there = "SELECT id FROM round WHERE id = $1";
        if !db.query_text(there, &[self.id.into()]).await?.is_empty() {
            return Ok(());
        }
        db.begin_write().await?;
        for statement in self.statements() {
            db.batch(&statement).await?;
        }
        // The running clocks of all units, with those of the copies.
        for table in ["due_held", "due_packed"] {
            db.batch(&format!("DELETE FROM {table}")).await?;
        }
        db.batch(ledger::DUE_HELD_FROM_UNITS).await?;
        db.batch(ledger::DUE_PACKED_FROM_UNITS).await?;
        Ok(db.commit().await?)
    }

    /// The code of a copied unit.
    fn code(&self, column: &str) -> String {
        let mark = 0x80 + self.number;
        format!("CAST(substr({column}, 1, 7) || x'{mark:02X}' || substr({column}, 8, 8) AS BLOB)")
    }

    /// A time of the copy; nothing while it lies ahead.
    fn at(&self, column: &str) -> String {
        let Copy { later, now, .. } = self;
        format!("CASE WHEN {column} + {later} <= {} THEN {column} + {later} END", now.0)
    }

    /// A value that is known once a time has come.
    fn known(&self, value: &str, since: &str) -> String {
        format!("CASE WHEN {since} + {} <= {} THEN {value} END", self.later, self.now.0)
    }

    fn statements(&self) -> Vec<String> {
        let hex = |id: RoundId| format!("x'{}'", id.0.simple().to_string().to_uppercase());
        let (old, new, later, now) = (hex(self.of), hex(self.id), self.later, self.now.0);
        // Printed codes are those of the ledger: the eighth byte is a digit.
        let original = |column: &str| format!("substr({column}, 8, 1) < x'80'");
        let closed_at = if self.closed { format!("closed_at + {later}") } else { "NULL".into() };
        let mut all = vec![format!(
            "INSERT INTO round (id, name_zh, name_en, number, places, starts_at, ends_at,
                population, prevalence, ordered_hours, closed_at)
             SELECT {new}, name_zh, name_en, {}, places, starts_at + {later}, ends_at + {later},
                population, prevalence, ordered_hours, {closed_at} FROM round WHERE id = {old}",
            self.number
        )];
        for (table, columns) in [
            ("round_target", "compound, persons, zone"),
            ("site_plan", "site, community, slots, stands, samplers, persons"),
            ("exemption", "person, reason, evidence, until_time, actor, place"),
            ("turnaround", "step, minutes, tubes"),
        ] {
            all.push(format!(
                "INSERT INTO {table} (area, round, {columns})
                 SELECT area, {new}, {columns} FROM {table} WHERE round = {old}"
            ));
        }
        for (table, columns) in
            [("round_count", "place, stage"), ("round_sum", "level, place, stage")]
        {
            all.push(format!(
                "INSERT INTO {table} (area, round, {columns}, hour, persons, tubes)
                 SELECT area, {new}, {columns}, CASE WHEN hour = 0 THEN 0 ELSE hour + {later} END,
                    persons, tubes
                 FROM {table} WHERE round = {old} AND (hour = 0 OR hour + {later} <= {now})"
            ));
        }
        all.push(format!(
            "INSERT INTO lab_count (area, lab, stage, hour, tubes)
             SELECT area, lab, stage, hour + {later}, tubes FROM lab_count
             WHERE hour + {later} <= {now} AND hour <= (SELECT ends_at FROM round WHERE id = {old})
             ON CONFLICT (area, lab, stage, hour) DO UPDATE SET tubes = tubes + excluded.tubes"
        ));
        all.push(self.tubes(&old, &new));
        let (code, tube) = (self.code("id"), self.code("tube"));
        all.push(format!(
            "INSERT INTO swab (area, person, round, tube, tube_area, position, sampled_at, void)
             SELECT area, person, {new}, {tube}, tube_area, position, sampled_at + {later}, void
             FROM swab WHERE round = {old} AND sampled_at + {later} <= {now}"
        ));
        all.push(format!(
            "INSERT INTO result (area, tube, command, lab, status, reading, ct_n, ct_orf1ab,
                ct_control, tested_at, rule, actor)
             SELECT area, {tube}, command, lab, status, reading, ct_n, ct_orf1ab, ct_control,
                tested_at + {later}, rule, actor
             FROM result WHERE {} AND tested_at + {later} <= {now}",
            original("tube")
        ));
        let at = |column: &str| self.at(column);
        all.push(format!(
            "INSERT INTO box (area, id, site, load, oldest, sealed_at, sent_at, received_at,
                opened_at, courier, lab, missing, surplus)
             SELECT area, {code}, site, load, oldest + {later}, {}, {}, {}, {}, courier, lab,
                missing, surplus
             FROM box WHERE {} AND oldest + {later} <= {now}",
            at("sealed_at"),
            at("sent_at"),
            at("received_at"),
            at("opened_at"),
            original("id")
        ));
        all.push(format!(
            "INSERT INTO recall (area, id, person, round, origin, reason, home, community, counts,
                opened_at, tube, sampled_at, closed_at, ending)
             SELECT area, {code}, person, {new}, {}, reason, home, community, counts,
                opened_at + {later}, {}, {}, {}, {}
             FROM recall WHERE round = {old} AND opened_at + {later} <= {now}",
            self.code("origin"),
            self.known(&tube, "sampled_at"),
            at("sampled_at"),
            at("closed_at"),
            self.known("ending", "closed_at"),
        ));
        all.extend(self.units(&original("id"), &old));
        all.push(format!(
            "INSERT INTO moment (area, unit, command, n, event_time, record_time, actor, what)
             SELECT area, {}, command, n, event_time + {later}, record_time + {later}, actor, what
             FROM moment WHERE {} AND event_time + {later} <= {now}",
            self.code("unit"),
            original("unit")
        ));
        all
    }

    fn tubes(&self, old: &str, new: &str) -> String {
        let at = |column: &str| self.at(column);
        let known = |value: &str, since: &str| self.known(value, since);
        format!(
            "INSERT INTO tube (area, id, round, barcode, site, community, mode, zone, members,
                homes, started_at, collected_at, claims, sent_at, received_at, loaded_at, lab,
                plate, well, tested_at, status, reading, ct_n, ct_orf1ab, ct_control, reported_at,
                settles, fault, boxed)
             SELECT area, {}, {new}, NULL, site, community, mode, zone, members, homes,
                started_at + {later}, collected_at + {later}, claims, {}, {}, {}, {}, {}, {}, {},
                {}, {}, {}, {}, {}, {}, settles, {}, {}
             FROM tube WHERE round = {old} AND collected_at + {later} <= {}",
            self.code("id"),
            at("sent_at"),
            at("received_at"),
            at("loaded_at"),
            known("lab", "received_at"),
            known("plate", "loaded_at"),
            known("well", "loaded_at"),
            at("tested_at"),
            known("status", "tested_at"),
            known("reading", "tested_at"),
            known("ct_n", "tested_at"),
            known("ct_orf1ab", "tested_at"),
            known("ct_control", "tested_at"),
            at("reported_at"),
            known("fault", "tested_at"),
            self.code("boxed"),
            self.now.0,
            later = self.later,
        )
    }

    /// Tubes and boxes as the ledger has them, and recalls. What is not closed yet is where its
    /// times say: in its box, or with the laboratory and four hours to go since it came.
    fn units(&self, original: &str, old: &str) -> [String; 3] {
        let (code, later, now) = (self.code("u.id"), self.later, self.now.0);
        let columns = "area, id, kind, opened_at, holder, parent, step, since, deadline, closed,
                closed_at, content, findings";
        let closed = format!("u.closed_at IS NOT NULL AND u.closed_at + {later} <= {now}");
        let there = format!("t.received_at IS NOT NULL AND t.received_at + {later} <= {now}");
        let ends = format!(
            "CASE WHEN {closed} THEN u.closed END, {}, u.content, 0",
            self.at("u.closed_at")
        );
        let tubes = format!(
            "INSERT INTO unit ({columns})
             SELECT u.area, {code}, u.kind, u.opened_at + {later},
                CASE WHEN {closed} OR {there} THEN u.holder END,
                CASE WHEN NOT ({closed} OR {there}) THEN {} END, u.step,
                CASE WHEN {there} THEN t.received_at ELSE t.collected_at END + {later},
                CASE WHEN {there} THEN t.received_at + 14400000000 + {later} END, {ends}
             FROM tube t JOIN unit u ON u.area = t.area AND u.id = t.id
             WHERE t.round = {old} AND t.collected_at + {later} <= {now}",
            self.code("t.boxed"),
        );
        let boxes = format!(
            "INSERT INTO unit ({columns})
             SELECT u.area, {code}, u.kind, u.opened_at + {later},
                CASE WHEN {closed} THEN u.holder WHEN b.received_at + {later} <= {now} THEN b.lab
                     WHEN b.sent_at + {later} <= {now} THEN b.courier ELSE b.site END,
                NULL, u.step, b.oldest + {later}, b.oldest + 7200000000 + {later}, {ends}
             FROM box b JOIN unit u ON u.area = b.area AND u.id = b.id
             WHERE {} AND b.oldest + {later} <= {now}",
            original.replace("(id", "(b.id")
        );
        let recalls = format!(
            "INSERT INTO unit ({columns})
             SELECT u.area, {code}, u.kind, u.opened_at + {later}, u.holder, NULL, u.step,
                u.since + {later}, u.deadline + {later}, {ends}
             FROM recall r JOIN unit u ON u.area = r.area AND u.id = r.id
             WHERE r.round = {old} AND r.opened_at + {later} <= {now}"
        );
        [tubes, boxes, recalls]
    }
}
