import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_TEXTS, hasText, translator } from "./texts";

const values = (text: string) => [...text.matchAll(/\{(\w+)[|}]/g)].map(([, name]) => name).sort();

test("every text is in both languages, with the same values", () => {
  for (const [key, [zh, en]] of Object.entries(ALL_TEXTS)) {
    assert.ok(zh.trim() !== "" && en.trim() !== "", key);
    const both = [...new Set(values(zh))];
    assert.deepEqual(both, [...new Set(values(en))], key);
    assert.match(zh, /[\p{Script=Han}\d{]/u, `${key} is not Chinese`);
    assert.doesNotMatch(en, /\p{Script=Han}/u, `${key} is not English`);
  }
});

test("values are filled in, and one that is missing shows", () => {
  const t = translator("zh");
  assert.equal(t("word.persons", { n: 3 }), "3 人");
  assert.equal(t("word.persons"), "{n} 人");
  assert.deepEqual([1, 2, 0].map((n) => translator("en")("word.tubes", { n })), ["1 tube", "2 tubes", "0 tubes"]);
  assert.equal(translator("en")("collect.title"), "Collect");
  assert.equal(hasText("step.sealed"), true);
  assert.equal(hasText("step.nowhere"), false);
});
