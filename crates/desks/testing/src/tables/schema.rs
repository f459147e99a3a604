//! The testing desk's tables.

use store::{Schema, Table};

/// The testing desk's tables, all derived from the journal.
///
/// `round_sum` has the counters of `round_count` added up by county, street and community: `level`
/// is the number of digits to which the place's code is cut ([`super::LEVELS`]). Boards of a city read a
/// few hundred of its rows where there are a million below.
///
/// `exemption.place` is where the exemption counts: the compound in which the person lived when it
/// was recorded, empty when none was known.
///
/// `swab.void` is 1 for a swab that was never this person's, and 2 for one that was set aside
/// when a dispute about its tube was decided.
///
/// `tube.members` packs [`super::MEMBER_BYTES`] a member: the person's id, then one byte (bit 7: repeat; low
/// bits: index into `homes`, 127 for none).
pub const SCHEMA: Schema = Schema {
    name: "testing",
    migrations: &[
        &[
            "CREATE TABLE round (
            id BYTEA PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
            number BIGINT NOT NULL, places TEXT NOT NULL, starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL, population BIGINT NOT NULL, prevalence DOUBLE PRECISION,
            ordered_hours BIGINT, closed_at BIGINT) {clustered}",
            "CREATE TABLE round_target (
            area BIGINT NOT NULL, round BYTEA NOT NULL, compound TEXT NOT NULL,
            persons BIGINT NOT NULL, zone TEXT NOT NULL,
            PRIMARY KEY (area, round, compound)) {clustered}",
            "CREATE TABLE site_plan (
            area BIGINT NOT NULL, round BYTEA NOT NULL, site TEXT NOT NULL,
            community TEXT NOT NULL, slots TEXT NOT NULL, stands BIGINT NOT NULL,
            samplers BIGINT NOT NULL, persons BIGINT NOT NULL,
            PRIMARY KEY (area, round, site)) {clustered}",
            "CREATE TABLE lab_capacity (
            area BIGINT NOT NULL, lab TEXT NOT NULL, from_time BIGINT NOT NULL,
            claimed BIGINT NOT NULL, staffed BIGINT NOT NULL, source TEXT NOT NULL,
            PRIMARY KEY (area, lab, from_time)) {clustered}",
            "CREATE TABLE exemption (
            area BIGINT NOT NULL, round BYTEA NOT NULL, person BYTEA NOT NULL,
            reason TEXT NOT NULL, evidence TEXT, until_time BIGINT, actor TEXT NOT NULL,
            PRIMARY KEY (area, round, person)) {clustered}",
            "CREATE TABLE tube (
            area BIGINT NOT NULL, id BYTEA NOT NULL, round BYTEA, barcode TEXT, site TEXT,
            community TEXT, mode TEXT, zone TEXT, members BYTEA, homes TEXT,
            started_at BIGINT, collected_at BIGINT, claims BIGINT NOT NULL,
            sent_at BIGINT, received_at BIGINT, loaded_at BIGINT, lab TEXT, plate TEXT,
            well TEXT, tested_at BIGINT, status TEXT, reading TEXT,
            ct_n DOUBLE PRECISION, ct_orf1ab DOUBLE PRECISION, ct_control DOUBLE PRECISION,
            reported_at BIGINT, settles BIGINT NOT NULL, fault TEXT, boxed BYTEA,
            PRIMARY KEY (area, id)) {clustered}",
            "CREATE INDEX tube_barcode ON tube (barcode) WHERE barcode IS NOT NULL",
            "CREATE INDEX tube_notable ON tube (area, round, reading)
            WHERE reading IS NOT NULL AND reading <> 'negative'",
            // The lists behind a board's figures go by round and community.
            "CREATE INDEX tube_place ON tube (round, community, id) WHERE community IS NOT NULL",
            "CREATE TABLE tube_claim (
            area BIGINT NOT NULL, tube BYTEA NOT NULL, command BYTEA NOT NULL,
            round BYTEA NOT NULL, barcode TEXT, site TEXT NOT NULL, community TEXT NOT NULL,
            mode TEXT, zone TEXT NOT NULL, started_at BIGINT NOT NULL, actor TEXT NOT NULL,
            collected_at BIGINT NOT NULL, members BYTEA NOT NULL, homes TEXT NOT NULL,
            fate TEXT NOT NULL, PRIMARY KEY (area, tube, command)) {clustered}",
            "CREATE TABLE result (
            area BIGINT NOT NULL, tube BYTEA NOT NULL, command BYTEA NOT NULL,
            lab TEXT NOT NULL, status TEXT NOT NULL, reading TEXT NOT NULL,
            ct_n DOUBLE PRECISION, ct_orf1ab DOUBLE PRECISION, ct_control DOUBLE PRECISION,
            tested_at BIGINT NOT NULL, rule TEXT, actor TEXT NOT NULL,
            PRIMARY KEY (area, tube, command)) {clustered}",
            "CREATE TABLE swab (
            area BIGINT NOT NULL, person BYTEA NOT NULL, round BYTEA NOT NULL,
            tube BYTEA NOT NULL, tube_area BIGINT NOT NULL, position BIGINT NOT NULL,
            sampled_at BIGINT NOT NULL, void BIGINT NOT NULL,
            PRIMARY KEY (area, person, round, tube)) {clustered}",
            "CREATE TABLE box (
            area BIGINT NOT NULL, id BYTEA NOT NULL, site TEXT, load TEXT NOT NULL,
            oldest BIGINT, sealed_at BIGINT, sent_at BIGINT, received_at BIGINT,
            opened_at BIGINT, courier TEXT, lab TEXT, missing BIGINT NOT NULL,
            surplus BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
            "CREATE TABLE recall (
            area BIGINT NOT NULL, id BYTEA NOT NULL, person BYTEA NOT NULL,
            round BYTEA NOT NULL, origin BYTEA NOT NULL, reason TEXT NOT NULL, home TEXT,
            community TEXT NOT NULL, counts BIGINT NOT NULL, opened_at BIGINT NOT NULL,
            tube BYTEA, sampled_at BIGINT, closed_at BIGINT, ending TEXT,
            PRIMARY KEY (area, id)) {clustered}",
            "CREATE INDEX recall_person ON recall (person) WHERE closed_at IS NULL",
            "CREATE INDEX recall_open ON recall (area, round, community) WHERE closed_at IS NULL",
            "CREATE TABLE visit (
            area BIGINT NOT NULL, round BYTEA NOT NULL, person BYTEA NOT NULL,
            command BYTEA NOT NULL, outcome TEXT NOT NULL, note TEXT, actor TEXT NOT NULL,
            at BIGINT NOT NULL, PRIMARY KEY (area, round, person, command)) {clustered}",
            "CREATE TABLE round_count (
            area BIGINT NOT NULL, round BYTEA NOT NULL, place TEXT NOT NULL,
            stage TEXT NOT NULL, hour BIGINT NOT NULL, persons BIGINT NOT NULL,
            tubes BIGINT NOT NULL,
            PRIMARY KEY (area, round, place, stage, hour)) {clustered}",
            "CREATE TABLE round_sum (
            area BIGINT NOT NULL, round BYTEA NOT NULL, level BIGINT NOT NULL,
            place TEXT NOT NULL, stage TEXT NOT NULL, hour BIGINT NOT NULL,
            persons BIGINT NOT NULL, tubes BIGINT NOT NULL,
            PRIMARY KEY (area, round, level, place, stage, hour)) {clustered}",
            "CREATE TABLE lab_count (
            area BIGINT NOT NULL, lab TEXT NOT NULL, stage TEXT NOT NULL,
            hour BIGINT NOT NULL, tubes BIGINT NOT NULL,
            PRIMARY KEY (area, lab, stage, hour)) {clustered}",
            "CREATE TABLE turnaround (
            area BIGINT NOT NULL, round BYTEA NOT NULL, step TEXT NOT NULL,
            minutes BIGINT NOT NULL, tubes BIGINT NOT NULL,
            PRIMARY KEY (area, round, step, minutes)) {clustered}",
        ],
        // Times are what the tubes' rows say, no row without a tube.
        &["DELETE FROM turnaround", TURNAROUND_FROM_TUBES],
        // Lists by place and by time that end after a page, however long they are. Exemptions from
        // before do not say where they count, until the journal is read anew.
        &[
            "ALTER TABLE exemption ADD COLUMN place TEXT NOT NULL DEFAULT ''",
            // With a condition, so that a look for a person's exemption never goes by it.
            "CREATE INDEX exemption_place ON exemption (area, round, place, person)
            WHERE place >= ''",
            "DROP INDEX tube_notable",
            "CREATE INDEX tube_notable ON tube (area, round, tested_at, id)
            WHERE reading IS NOT NULL AND reading <> 'negative'",
            "DROP INDEX recall_open",
            "CREATE INDEX recall_open ON recall (area, round, opened_at, id)
            WHERE closed_at IS NULL",
        ],
        // What a correction may have to begin again, whatever its recall is called.
        &["CREATE INDEX recall_ended ON recall (person) WHERE closed_at IS NOT NULL"],
    ],
    derived: &[
        Table {
            name: "round",
            columns: "id, name_zh, name_en, number, places, starts_at, ends_at, population, prevalence, ordered_hours, closed_at",
            key: "id",
        },
        Table {
            name: "round_target",
            columns: "area, round, compound, persons, zone",
            key: "area, round, compound",
        },
        Table {
            name: "site_plan",
            columns: "area, round, site, community, slots, stands, samplers, persons",
            key: "area, round, site",
        },
        Table {
            name: "lab_capacity",
            columns: "area, lab, from_time, claimed, staffed, source",
            key: "area, lab, from_time",
        },
        Table {
            name: "exemption",
            columns: "area, round, person, reason, evidence, until_time, actor, place",
            key: "area, round, person",
        },
        Table {
            name: "tube",
            columns: "area, id, round, barcode, site, community, mode, zone, members, homes, started_at, collected_at, claims, sent_at, received_at, loaded_at, lab, plate, well, tested_at, status, reading, ct_n, ct_orf1ab, ct_control, reported_at, settles, fault, boxed",
            key: "area, id",
        },
        Table {
            name: "tube_claim",
            columns: "area, tube, command, round, barcode, site, community, mode, zone, started_at, actor, collected_at, members, homes, fate",
            key: "area, tube, command",
        },
        Table {
            name: "result",
            columns: "area, tube, command, lab, status, reading, ct_n, ct_orf1ab, ct_control, tested_at, rule, actor",
            key: "area, tube, command",
        },
        Table {
            name: "swab",
            columns: "area, person, round, tube, tube_area, position, sampled_at, void",
            key: "area, person, round, tube",
        },
        Table {
            name: "box",
            columns: "area, id, site, load, oldest, sealed_at, sent_at, received_at, opened_at, courier, lab, missing, surplus",
            key: "area, id",
        },
        Table {
            name: "recall",
            columns: "area, id, person, round, origin, reason, home, community, counts, opened_at, tube, sampled_at, closed_at, ending",
            key: "area, id",
        },
        Table {
            name: "visit",
            columns: "area, round, person, command, outcome, note, actor, at",
            key: "area, round, person, command",
        },
        Table {
            name: "round_count",
            columns: "area, round, place, stage, hour, persons, tubes",
            key: "area, round, place, stage, hour",
        },
        Table {
            name: "round_sum",
            columns: "area, round, level, place, stage, hour, persons, tubes",
            key: "area, round, level, place, stage, hour",
        },
        Table {
            name: "lab_count",
            columns: "area, lab, stage, hour, tubes",
            key: "area, lab, stage, hour",
        },
        Table {
            name: "turnaround",
            columns: "area, round, step, minutes, tubes",
            key: "area, round, step, minutes",
        },
    ],
};

/// Counts the times of all tubes into an empty `turnaround`, as [`crate::turnaround`] does.
const TURNAROUND_FROM_TUBES: &str = "INSERT INTO turnaround (area, round, step, minutes, tubes)
    SELECT area, round, step, minutes - minutes % 5, count(*)
    FROM (SELECT CAST(substr(community, 1, 6) AS BIGINT) AS area, round, step,
            {least}({greatest}((until_time - from_time) / 60000000, 0), 4320) AS minutes
        FROM (SELECT community, round, 'collect' AS step, collected_at AS from_time,
                sent_at AS until_time FROM tube
            UNION ALL SELECT community, round, 'deliver', sent_at, received_at FROM tube
            UNION ALL SELECT community, round, 'wait', received_at, loaded_at FROM tube
            UNION ALL SELECT community, round, 'test', loaded_at, tested_at FROM tube
                WHERE status IN ('final', 'corrected')
            UNION ALL SELECT community, round, 'whole', collected_at, reported_at FROM tube) s
        WHERE community IS NOT NULL AND round IS NOT NULL AND from_time IS NOT NULL
            AND until_time IS NOT NULL) t
    GROUP BY area, round, step, minutes - minutes % 5";
