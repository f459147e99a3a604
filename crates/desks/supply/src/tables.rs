//! The supply desk's tables and statements: the one place for its SQL.

pub mod delivery;
pub mod orders;
pub mod photos;
mod schema;
pub mod unmet;

use store::statements;

pub use self::schema::SCHEMA;

statements! {
    SITE_BY_CODE: Lookup = Lookup::new(
        "SELECT s.code, s.area, s.kind, s.name_zh, s.name_en, s.place, s.position, s.households,
            s.halal, s.contacts, s.closed_at, s.infection, s.closed_reason FROM supply_site s",
        &[("s.code", Text)], "");
    SHOPS_OF_AREA: Lookup = Lookup::new(
        "SELECT s.code, s.area, s.kind, s.name_zh, s.name_en, s.place, s.position, s.households,
            s.halal, s.contacts, s.closed_at, s.infection, s.closed_reason FROM supply_site s",
        &[("s.area", Int)], "AND s.kind = 'shop'");
    SITES: Query = Query::new(
        "SELECT s.code, s.area, s.kind, s.name_zh, s.name_en, s.place, s.position, s.households,
            s.halal, s.contacts, s.closed_at, s.infection, s.closed_reason FROM supply_site s
         WHERE s.area BETWEEN $1 AND $2 AND ($3 = '' OR s.kind = $3)
         ORDER BY s.area, s.code LIMIT $4");
    SITE_PUT: Insert = Insert::new(
        "supply_site",
        &[("code", Text), ("area", Int), ("kind", Text), ("name_zh", Text), ("name_en", Text),
          ("place", Text), ("position", Text), ("households", Int), ("halal", Int),
          ("contacts", Text), ("closed_at", Int), ("infection", Int), ("closed_reason", Text)],
        "ON CONFLICT (area, code) DO UPDATE SET name_zh = excluded.name_zh,
            name_en = excluded.name_en, place = excluded.place, position = excluded.position,
            households = excluded.households, halal = excluded.halal,
            contacts = excluded.contacts, closed_at = excluded.closed_at,
            infection = excluded.infection, closed_reason = excluded.closed_reason");
    STAFF_OF: Lookup = Lookup::new(
        "SELECT w.area, w.site, w.person, w.works FROM supply_staff w",
        &[("w.person", Bytes)], "AND w.works = 1");
    STAFF_BY: Lookup = Lookup::new(
        "SELECT w.area, w.site, w.person, w.works FROM supply_staff w",
        &[("w.site", Text), ("w.person", Bytes)], "");
    STAFF_AT: Query = Query::new(
        "SELECT w.person FROM supply_staff w WHERE w.site = $1 AND w.works = 1
         ORDER BY w.person LIMIT $2");
    STAFF_PUT: Insert = Insert::new(
        "supply_staff",
        &[("area", Int), ("site", Text), ("person", Bytes), ("works", Int)],
        "ON CONFLICT (area, site, person) DO UPDATE SET works = excluded.works");
    LOT_BY_ID: Lookup = Lookup::new(
        "SELECT l.id, l.good, l.site, l.origin, l.source, l.what, l.halal, l.amount, l.remains,
            l.expires_at, l.at FROM supply_lot l", &[("l.area", Int), ("l.id", Bytes)], "");
    LOT_PUT: Insert = Insert::new(
        "supply_lot",
        &[("area", Int), ("id", Bytes), ("good", Text), ("site", Text), ("origin", Text),
          ("source", Text), ("what", Text), ("halal", Int), ("amount", Int), ("remains", Int),
          ("expires_at", Int), ("at", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET remains = excluded.remains");
    LOTS_EXPIRING: Query = Query::new(
        "SELECT l.area, l.id FROM supply_lot l
         WHERE l.remains > 0 AND l.expires_at < $1 AND +l.area BETWEEN $2 AND $3
         ORDER BY l.expires_at, l.id LIMIT $4");
    LOTS_DONATED: Query = Query::new(
        "SELECT l.area, l.id FROM supply_lot l
         WHERE l.origin = 'donated' AND l.remains > 0 AND +l.area BETWEEN $1 AND $2
         ORDER BY l.at DESC, l.id LIMIT $3");
    STOCK_AT: Lookup = Lookup::new(
        "SELECT k.site, k.lot, k.area, k.good, k.amount FROM supply_stock k",
        &[("k.area", Int), ("k.site", Text)], "AND k.amount > 0");
    STOCK_BY_LOT: Lookup = Lookup::new(
        "SELECT k.site, k.lot, k.area, k.good, k.amount FROM supply_stock k",
        &[("k.lot", Bytes)], "AND k.amount > 0");
    STOCK_PUT: Insert = Insert::new(
        "supply_stock",
        &[("area", Int), ("site", Text), ("lot", Bytes), ("good", Text), ("amount", Int)],
        "ON CONFLICT (area, site, lot) DO UPDATE SET amount = excluded.amount");
    SHIPMENT_BY_ID: Lookup = Lookup::new(
        "SELECT s.id, s.origin, s.goal, s.to_area, s.lines, s.got, s.carrier, s.due, s.state,
            s.sent_at, s.arrived_at, s.community, s.said FROM supply_shipment s",
        &[("s.area", Int), ("s.id", Bytes)], "");
    SHIPMENT_PUT: Insert = Insert::new(
        "supply_shipment",
        &[("area", Int), ("id", Bytes), ("origin", Text), ("goal", Text), ("to_area", Int),
          ("lines", Text), ("got", Text), ("carrier", Text), ("due", Int), ("state", Text),
          ("sent_at", Int), ("arrived_at", Int), ("community", Text), ("said", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET got = excluded.got, state = excluded.state,
            arrived_at = excluded.arrived_at, said = excluded.said");
    SHIPMENTS_OPEN: Query = Query::new(
        "SELECT s.area, s.id FROM supply_shipment s
         WHERE s.state IN ('sent', 'differs') AND ($1 = '' OR s.state = $1)
           AND (+s.area BETWEEN $2 AND $3 OR +s.to_area BETWEEN $2 AND $3)
         ORDER BY s.due, s.id LIMIT $4");
    SHIPMENTS_TO: Query = Query::new(
        "SELECT s.area, s.id FROM supply_shipment s
         WHERE s.goal = $1 AND s.state IN ('sent', 'differs') ORDER BY s.due, s.id LIMIT $2");
    SHIPMENTS_BY: Query = Query::new(
        "SELECT s.area, s.id FROM supply_shipment s
         WHERE s.carrier = $1 AND s.state = 'sent' ORDER BY s.due, s.id LIMIT $2");
    MOVE_PUT: Insert = Insert::new(
        "supply_move",
        &[("area", Int), ("site", Text), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("lot", Bytes), ("good", Text),
          ("amount", Int), ("said", Text)], "");
    MOVES_OF: Query = Query::new(
        "SELECT m.at, m.recorded_at, m.actor, m.what, m.lot, m.good, m.amount, m.said
         FROM supply_move m WHERE m.site = $1
         ORDER BY m.recorded_at DESC, m.command, m.n LIMIT $2");
    TOTAL_ADD: Insert = Insert::new(
        "supply_total",
        &[("area", Int), ("standing", Text), ("good", Text), ("amount", Int)],
        "ON CONFLICT (area, standing, good) DO UPDATE SET
            amount = supply_total.amount + excluded.amount");
    TOTALS: Query = Query::new(
        "SELECT t.area, t.standing, t.good, t.amount FROM supply_total t
         WHERE t.area BETWEEN $1 AND $2 ORDER BY t.area");
    SERVES_OF_AREA: Lookup = Lookup::new(
        "SELECT v.area, v.community, v.shop, v.households, v.why, v.since FROM supply_serves v",
        &[("v.area", Int)], "AND v.households > 0");
    SERVES_IN: Query = Query::new(
        "SELECT v.area, v.community, v.shop, v.households, v.why, v.since FROM supply_serves v
         WHERE v.area BETWEEN $1 AND $2 AND v.households > 0
         ORDER BY v.area, v.community, v.shop");
    SERVES_BY: Query = Query::new(
        "SELECT v.area, v.community, v.shop, v.households, v.why, v.since FROM supply_serves v
         WHERE v.shop = $1 AND v.households > 0 ORDER BY v.community");
    SERVES_PUT: Insert = Insert::new(
        "supply_serves",
        &[("area", Int), ("community", Text), ("shop", Text), ("households", Int), ("why", Text),
          ("since", Int)],
        "ON CONFLICT (area, community, shop) DO UPDATE SET households = excluded.households,
            why = excluded.why, since = excluded.since");
    ITEMS_OF: Lookup = Lookup::new(
        "SELECT i.shop, i.code, i.good, i.name_zh, i.name_en, i.amount, i.fen, i.at_most, i.halal,
            i.since, i.is_off FROM supply_item i", &[("i.area", Int), ("i.shop", Text)], "");
    ITEMS_OVER: Query = Query::new(
        "SELECT x.shop, x.code, x.good, x.name_zh, x.name_en, x.amount, x.fen, x.at_most, x.halal,
            x.since, x.is_off
         FROM (SELECT i.shop, i.code, i.good, i.name_zh, i.name_en, i.amount, i.fen, i.at_most,
                i.halal, i.since, i.is_off,
                CASE i.good WHEN 'vegetables' THEN CAST($2 AS BIGINT)
                    WHEN 'pork' THEN CAST($3 AS BIGINT) WHEN 'oil' THEN CAST($4 AS BIGINT)
                    WHEN 'staples' THEN CAST($5 AS BIGINT)
                    WHEN 'milk_powder' THEN CAST($6 AS BIGINT) ELSE CAST($7 AS BIGINT) END AS most,
                CASE i.good WHEN 'medicine' THEN 1 ELSE 500 END AS per
            FROM supply_item i
            WHERE i.area = $1 AND i.is_off = 0 AND (i.shop, i.code) > ($8, $9)) x
         WHERE x.most > 0 AND x.fen * x.per > x.most * x.amount
         ORDER BY x.shop, x.code LIMIT $10");
    ITEM_PUT: Insert = Insert::new(
        "supply_item",
        &[("area", Int), ("shop", Text), ("code", Text), ("good", Text), ("name_zh", Text),
          ("name_en", Text), ("amount", Int), ("fen", Int), ("at_most", Int), ("halal", Int),
          ("since", Int), ("is_off", Int)],
        "ON CONFLICT (area, shop, code) DO UPDATE SET good = excluded.good,
            name_zh = excluded.name_zh, name_en = excluded.name_en, amount = excluded.amount,
            fen = excluded.fen, at_most = excluded.at_most, halal = excluded.halal,
            since = excluded.since, is_off = excluded.is_off");
    PRICE_PUT: Insert = Insert::new(
        "supply_price",
        &[("area", Int), ("shop", Text), ("code", Text), ("command", Bytes), ("at", Int),
          ("actor", Text), ("fen", Int), ("amount", Int)], "");
    PRICES_OF: Query = Query::new(
        "SELECT p.code, p.at, p.actor, p.fen, p.amount FROM supply_price p
         WHERE p.area = $1 AND p.shop = $2 ORDER BY p.code, p.at, p.command");
    LIMITS_OF: Lookup = Lookup::new(
        "SELECT m.area, m.good, m.at, m.actor, m.fen, m.reason FROM supply_limit m",
        &[("m.area", Int)], "");
    LIMIT_PUT: Insert = Insert::new(
        "supply_limit",
        &[("area", Int), ("good", Text), ("command", Bytes), ("at", Int), ("actor", Text),
          ("fen", Int), ("reason", Text)], "");
    MODE_BY_PLACE: Lookup = Lookup::new(
        "SELECT m.area, m.place, m.mode, m.since, m.until, m.reason, m.households, m.people
         FROM supply_mode m", &[("m.area", Int), ("m.place", Text)], "");
    MODES: Query = Query::new(
        "SELECT m.area, m.place, m.mode, m.since, m.until, m.reason, m.households, m.people
         FROM supply_mode m WHERE m.area BETWEEN $1 AND $2 AND m.mode <> 'free'
         ORDER BY m.area, m.place LIMIT $3");
    MODE_PUT: Insert = Insert::new(
        "supply_mode",
        &[("area", Int), ("place", Text), ("mode", Text), ("since", Int), ("until", Int),
          ("reason", Text), ("households", Int), ("people", Int)],
        "ON CONFLICT (area, place) DO UPDATE SET mode = excluded.mode, since = excluded.since,
            until = excluded.until, reason = excluded.reason, households = excluded.households,
            people = excluded.people");
    HOUSEHOLD_BY_ID: Lookup = Lookup::new(
        "SELECT h.area, h.id, h.community, h.place, h.people, h.mode, h.until, h.needs, h.note,
            h.last_food, h.next_food, h.next_medicine, h.said, h.complaints, h.next_milk,
            h.renew_by, h.waits
         FROM supply_household h", &[("h.area", Int), ("h.id", Bytes)], "");
    HOUSEHOLD_PUT: Insert = Insert::new(
        "supply_household",
        &[("area", Int), ("id", Bytes), ("community", Text), ("place", Text), ("people", Int),
          ("mode", Text), ("until", Int), ("needs", Text), ("note", Text), ("last_food", Int),
          ("next_food", Int), ("next_medicine", Int), ("said", Text), ("complaints", Int),
          ("restricted", Int), ("next_milk", Int), ("renew_by", Int), ("waits", Text),
          ("unmet_at", Int), ("entitled", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET community = excluded.community,
            place = excluded.place, people = excluded.people, mode = excluded.mode,
            until = excluded.until, needs = excluded.needs, note = excluded.note,
            last_food = excluded.last_food, next_food = excluded.next_food,
            next_medicine = excluded.next_medicine, said = excluded.said,
            complaints = excluded.complaints, restricted = excluded.restricted,
            next_milk = excluded.next_milk, renew_by = excluded.renew_by,
            waits = excluded.waits, unmet_at = excluded.unmet_at,
            entitled = excluded.entitled");
    HOUSEHOLDS_FOOD: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.next_food IS NOT NULL AND (h.next_food, h.id) > ($1, $2) AND h.next_food < $3
           AND +h.area BETWEEN $4 AND $5 AND ($6 = '' OR h.community = $6)
         ORDER BY h.next_food, h.id LIMIT $7");
    HOUSEHOLDS_MEDICINE: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.next_medicine IS NOT NULL AND (h.next_medicine, h.id) > ($1, $2)
           AND h.next_medicine < $3 AND +h.area BETWEEN $4 AND $5
           AND ($6 = '' OR h.community = $6)
         ORDER BY h.next_medicine, h.id LIMIT $7");
    HOUSEHOLDS_AT: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.restricted = 1 AND h.place >= $1 AND h.place < $2
         ORDER BY h.place, h.id LIMIT $3");
    MEDICINES_OF: Lookup = Lookup::new(
        "SELECT d.household, d.name, d.last_dose, d.prescribed_until, d.taken, d.days, d.doctor,
            d.asked, d.asked_due
         FROM supply_medicine d", &[("d.area", Int), ("d.household", Bytes)], "");
    MEDICINE_PUT: Insert = Insert::new(
        "supply_medicine",
        &[("area", Int), ("household", Bytes), ("name", Text), ("last_dose", Int),
          ("prescribed_until", Int), ("taken", Int), ("days", Int), ("doctor", Text),
          ("asked", Bytes), ("asked_due", Int)],
        "ON CONFLICT (area, household, name) DO UPDATE SET last_dose = excluded.last_dose,
            prescribed_until = excluded.prescribed_until, taken = excluded.taken,
            days = excluded.days, doctor = excluded.doctor, asked = excluded.asked,
            asked_due = excluded.asked_due");
    MEDICINES_TO_RENEW: Query = Query::new(
        "SELECT d.area, d.household, d.name, d.last_dose, d.prescribed_until
         FROM supply_medicine d
         WHERE d.taken = 1 AND d.prescribed_until IS NOT NULL AND d.prescribed_until < $1
           AND +d.area BETWEEN $2 AND $3
         ORDER BY d.prescribed_until, d.household LIMIT $4");
    MEDICINES_ASKED: Query = Query::new(
        "SELECT d.household, d.name, d.last_dose, d.prescribed_until, d.taken, d.days, d.doctor,
            d.asked, d.asked_due, d.area
         FROM supply_medicine d
         WHERE d.asked IS NOT NULL AND +d.area BETWEEN $1 AND $2
         ORDER BY d.asked_due, d.household, d.name LIMIT $3");
    COMPLAINT_BY_ID: Lookup = Lookup::new(
        "SELECT c.id, c.household, c.community, c.place, c.about, c.said, c.actor, c.at, c.due,
            c.answered_at, c.answer FROM supply_complaint c",
        &[("c.area", Int), ("c.id", Bytes)], "");
    COMPLAINT_PUT: Insert = Insert::new(
        "supply_complaint",
        &[("area", Int), ("id", Bytes), ("household", Bytes), ("community", Text),
          ("place", Text), ("about", Text), ("said", Text), ("actor", Text), ("at", Int),
          ("due", Int), ("answered_at", Int), ("answer", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET answered_at = excluded.answered_at,
            answer = excluded.answer");
    COMPLAINTS_OPEN: Query = Query::new(
        "SELECT c.area, c.id FROM supply_complaint c
         WHERE c.answered_at IS NULL AND +c.area BETWEEN $1 AND $2
           AND ($3 = '' OR c.community = $3) ORDER BY c.due, c.id LIMIT $4");
    COMPLAINTS_OF: Query = Query::new(
        "SELECT c.area, c.id FROM supply_complaint c WHERE c.household = $1
         ORDER BY c.at DESC, c.id LIMIT $2");
    HISTORY_PUT: Insert = Insert::new(
        "supply_history",
        &[("area", Int), ("household", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("said", Text)], "");
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.said FROM supply_history h
         WHERE h.area = $1 AND h.household = $2
         ORDER BY h.recorded_at DESC, h.command, h.n LIMIT $3");
    GIFT_PUT: Insert = Insert::new(
        "supply_gift", &[("area", Int), ("community", Text), ("good", Text), ("at", Int)],
        "ON CONFLICT (area, community, good) DO UPDATE SET at = excluded.at");
    GIFTS: Query = Query::new(
        "SELECT g.community, g.good, g.at FROM supply_gift g WHERE g.area BETWEEN $1 AND $2");
    DUE_ADD: Insert = Insert::new(
        "supply_due",
        &[("area", Int), ("community", Text), ("what", Text), ("served", Int), ("hour", Int),
          ("households", Int)],
        "ON CONFLICT (area, community, what, served, hour) DO UPDATE SET
            households = supply_due.households + excluded.households");
    DUES: Query = Query::new(
        "SELECT d.area, d.community, d.what, d.served,
            CAST(sum(CASE WHEN d.hour < $3 THEN d.households ELSE 0 END) AS BIGINT),
            CAST(sum(d.households) AS BIGINT)
         FROM supply_due d WHERE d.area BETWEEN $1 AND $2
           AND ($4 = '' OR d.community = $4)
         GROUP BY d.area, d.community, d.what, d.served
         ORDER BY d.area, d.community, d.what, d.served");
    PEOPLE_ADD: Insert = Insert::new(
        "supply_people",
        &[("area", Int), ("community", Text), ("mode", Text), ("households", Int),
          ("people", Int)],
        "ON CONFLICT (area, community, mode) DO UPDATE SET
            households = supply_people.households + excluded.households,
            people = supply_people.people + excluded.people");
    PEOPLE: Query = Query::new(
        "SELECT p.area, p.community, p.mode, p.households, p.people FROM supply_people p
         WHERE p.area BETWEEN $1 AND $2 ORDER BY p.area, p.community, p.mode");
    NEED_ADD: Insert = Insert::new(
        "supply_need",
        &[("area", Int), ("community", Text), ("need", Text), ("households", Int)],
        "ON CONFLICT (area, community, need) DO UPDATE SET
            households = supply_need.households + excluded.households");
    NEEDS: Query = Query::new(
        "SELECT n.area, n.community, n.need, n.households FROM supply_need n
         WHERE n.area BETWEEN $1 AND $2 ORDER BY n.area, n.community");
}
