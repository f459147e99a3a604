import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCharacter, hasValidCheck, tidy } from "./check";
import { maskName, readIdNumber, readMobile } from "./idnumber";
import { longCode, readPerson, shortCode, spacedShort } from "./person";
import { readScan } from "./scan";
import { areaOf, foreignUnit, isUnitCode, readUnit, spaced, type UnitCode } from "./unit";

const TUBE = "T220202000123459";
const PERSON = "018f2e6c-3b7a-7c10-9d5e-0123456789ab";

test("the check character is that of ISO 7064 and of the server", () => {
  // The example of the Global Release Identifier, which uses the same system.
  assert.equal(checkCharacter("A12425GABC1234002"), "M");
  assert.equal(TUBE, `T22020200012345${checkCharacter("T22020200012345")}`);
  assert.equal(checkCharacter("t1"), null);
  assert.equal(hasValidCheck(""), false);
});

test("every single wrong character and every swap of neighbours is found", () => {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (let at = 0; at < TUBE.length; at++) {
    for (const other of alphabet) {
      const wrong = TUBE.slice(0, at) + other + TUBE.slice(at + 1);
      if (wrong !== TUBE) assert.equal(hasValidCheck(wrong), false, wrong);
    }
    const [a = "", b = ""] = [TUBE[at], TUBE[at + 1]];
    if (at + 1 < TUBE.length && a !== b) {
      assert.equal(hasValidCheck(TUBE.slice(0, at) + b + a + TUBE.slice(at + 2)), false);
    }
  }
});

test("a code is read however it was typed", () => {
  for (const text of [TUBE, "t 220202 00012345 9", " Ｔ２２０２０２０００１２３４５９\n"]) {
    assert.deepEqual(readUnit("T", text), { ok: true, unit: TUBE });
  }
  assert.equal(tidy(" ｐ 1a2b　c3 "), "P1A2BC3");
  assert.equal(spaced(TUBE as UnitCode), "T 220202 00012345 9");
  assert.equal(areaOf(TUBE as UnitCode), 220202);
});

test("a slip is not taken for a foreign barcode, and a foreign one not for a slip", () => {
  const why = (text: string) => {
    const reading = readUnit("T", text);
    return reading.ok ? "ok" : reading.why;
  };
  assert.equal(why("T220202000123458"), "wrong-check");
  assert.equal(why("T22020200012345"), "wrong-check", "the last character is missing");
  assert.equal(why("T2202020000123459"), "wrong-check", "a digit too many");
  assert.equal(why("B22020200000001" + checkCharacter("B22020200000001")), "other-kind");
  assert.equal(why("BD-998-77"), "foreign");
  assert.equal(why("  "), "empty");
  assert.equal(why("x".repeat(65)), "too-long");
});

test("a foreign barcode becomes the same id as on the server", async () => {
  // SHA-256 of "BD-998-77", first nine bytes, high bit set, as UnitId::scanned makes it.
  const unit = await foreignUnit("T", " BD-998-77 ");
  assert.equal(unit, "T000000.cd83a34bbd3eb08cd0");
  assert.equal(unit, await foreignUnit("T", "BD-998-77"));
  assert.ok(isUnitCode(unit));
  assert.equal(areaOf(unit), 0);
  assert.ok(isUnitCode(TUBE));
  assert.equal(isUnitCode("T220202000123458"), false);
});

test("a person's code carries the whole id, and a short one to type", () => {
  const long = longCode("P", PERSON);
  assert.equal(long.length, 27);
  assert.deepEqual(readPerson(long.toLowerCase()), { is: "id", of: "P", id: PERSON });
  const short = shortCode("P", PERSON);
  assert.equal(short.length, 10);
  assert.deepEqual(readPerson(spacedShort(short)), { is: "short", of: "P", short });
  assert.deepEqual(readPerson(PERSON.toUpperCase()), { is: "id", of: "P", id: PERSON });
  assert.deepEqual(readPerson(longCode("H", PERSON)), { is: "id", of: "H", id: PERSON });
  const edges = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
  for (const id of edges) assert.deepEqual(readPerson(longCode("P", id)), { is: "id", of: "P", id });
  const wrong = long.slice(0, 5) + (long[5] === "A" ? "B" : "A") + long.slice(6);
  assert.deepEqual(readPerson(wrong), { is: "wrong-check" });
  assert.deepEqual(readPerson("hello"), { is: "other" });
});

test("codes of persons are what the server prints", () => {
  // The same values stand in crates/server/src/field/codes.rs.
  assert.equal(longCode("P", PERSON), "P03BN0UAMN17P2FIWOYQ5TW9M3N");
  assert.equal(shortCode("P", PERSON), "PXI9JVUDCL");
});

test("a scan is told apart whatever screen it comes to", () => {
  assert.deepEqual(readScan(TUBE), { is: "tube", unit: TUBE });
  const box = `B22020200000001${checkCharacter("B22020200000001")}`;
  assert.deepEqual(readScan(box), { is: "box", unit: box });
  assert.equal(readScan(longCode("P", PERSON)).is, "person");
  assert.equal(readScan(longCode("H", PERSON)).is, "household");
  assert.equal(readScan("SH1|B|courier:C7").is, "hand");
  assert.deepEqual(readScan("SH1|B|"), { is: "mistyped", nearly: "hand", text: "SH1|B|" });
  assert.equal(readScan("T220202000123458").is, "mistyped");
  assert.deepEqual(readScan("6921734976543"), { is: "foreign", text: "6921734976543" });
  assert.equal(readScan(" ").is, "empty");
});

test("identity numbers are checked, and say birth year and sex", () => {
  // The example of the standard GB 11643-1999.
  const read = readIdNumber("11010519491231002x");
  assert.deepEqual(read, { ok: true, number: "11010519491231002X", birthYear: 1949, sex: "female" });
  assert.deepEqual(readIdNumber("110105194912310021"), { ok: false, why: "check" });
  assert.deepEqual(readIdNumber("110105194902310024"), { ok: false, why: "date" });
  assert.deepEqual(readIdNumber("1101051949"), { ok: false, why: "form" });
  assert.equal(readMobile("+86 138-0000-1234"), "13800001234");
  assert.equal(readMobile("12800001234"), null);
  assert.equal(maskName("张三丰"), "张**");
  assert.equal(maskName("李四"), "李*");
  assert.equal(maskName("欧阳锋王"), "欧**");
});
