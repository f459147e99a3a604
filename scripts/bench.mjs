// Runs `songhua bench all` and writes what it measured as a page.
//
//   node scripts/bench.mjs PROGRAM PAGE.md
//
// The program reports each benchmark as one JSON object on a line of its own on standard output:
// {"bench", "value", "unit", "raw", "ratio", "p99_ms", "peak_rss_mb", "bar", "pass"}, null where
// it does not apply. The exit code is 1 when a benchmark missed its bar.

import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import os from "node:os";
import { createInterface } from "node:readline";

const [program, page] = process.argv.slice(2);
if (!program || !page) {
  console.error("usage: node scripts/bench.mjs PROGRAM PAGE.md");
  process.exit(2);
}

const child = spawn(program, ["bench", "all"], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve, reject) => {
  child.once("error", reject);
  child.once("close", (code, signal) => resolve(code ?? signal));
});
const results = [];
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  if (line.startsWith("{")) results.push(JSON.parse(line));
}
const status = await ended;
if (results.length === 0) {
  console.error(`${program} bench all ended with ${status} and reported no benchmark; ${page} is left as it was`);
  process.exit(1);
}

const number = (value, digits = 3) =>
  value === null || value === undefined
    ? "–"
    : typeof value === "number"
      ? value.toLocaleString("en", { maximumSignificantDigits: Math.max(digits, String(Math.trunc(value)).length) })
      : String(value).replaceAll("|", "\\|");
const rows = results.map((result) => [
  result.bench,
  `${number(result.value)} ${result.unit ?? ""}`.trim(),
  number(result.raw),
  number(result.ratio, 2),
  number(result.p99_ms),
  number(result.peak_rss_mb),
  number(result.bar),
  result.pass === null || result.pass === undefined ? "–" : result.pass ? "met" : "**missed**",
]);
const commit = spawnSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).stdout?.trim() || "unknown";
const cpus = os.cpus();
const lines = [
  "# Benchmarks",
  "",
  "Written by `make bench`; do not edit. What each one does, and what its raw limit is: `songhua bench --help`.",
  "",
  `Commit ${commit}, ${new Date().toISOString().slice(0, 10)}, on ${cpus.length} × ${cpus[0]?.model.trim() ?? "unknown processor"},`
    + ` ${Math.round(os.totalmem() / 2 ** 30)} GiB of memory, ${os.type()} ${os.release()}.`,
  "",
  "| benchmark | measured | raw limit or peer | ratio | p99, ms | peak memory, MB | bar | |",
  "|---|--:|--:|--:|--:|--:|--:|---|",
  ...rows.map((row) => `| ${row.join(" | ")} |`),
  "",
];
await fs.writeFile(page, lines.join("\n"));
console.log(`${page}: ${results.length} benchmark(s)`);
process.exitCode = status === 0 && results.every((result) => result.pass !== false) ? 0 : 1;
