// Runs the benchmarks of `songhua bench list`, one after the other, and writes what they measured
// as a page.
//
//   node scripts/bench.mjs PROGRAM PAGE.md [--peers] [NAME...]
//
// With names, only those are run; the others keep what target/bench-data/results.json has of an
// earlier run, with its date and commit, so that a long list can be run in pieces. With --peers, those
// that are named run the programs that they are compared with, too (scripts/peers installs them).
//
// The last line that a benchmark writes is a JSON object: {"bench", "value", "unit", "raw",
// "ratio", "p99_ms", "peak_rss_mb", "bar", "pass"}, null where it does not apply. Lines before it
// are details, which the page repeats. The exit code is 1 when a benchmark missed its bar or broke.

import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import os from "node:os";
import { createInterface } from "node:readline";

const KEPT = "target/bench-data/results.json";

const peers = process.argv.includes("--peers");
const [program, page, ...names] = process.argv.slice(2).filter((word) => word !== "--peers");
if (!program || !page) {
  console.error("usage: node scripts/bench.mjs PROGRAM PAGE.md [--peers] [NAME...]");
  process.exit(2);
}
if (peers && names.length === 0) {
  console.error("--peers needs the names of benchmarks that have some");
  process.exit(2);
}

const listed = spawnSync(program, ["bench", "list"], { encoding: "utf8" });
if (listed.status !== 0) {
  console.error(`${program} bench list failed: ${listed.error?.message ?? listed.stderr}`);
  process.exit(1);
}
const all = listed.stdout.trim().split("\n");
const nameOf = (run) => run.split(" ")[0];
const unknown = names.filter((name) => !all.some((run) => nameOf(run) === name));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(", ")}`);
  process.exit(2);
}
const postgres = Boolean(process.env.SONGHUA_TEST_POSTGRES);
const chosen = all
  .filter((run) => names.length === 0 || names.includes(nameOf(run)))
  .filter((run) => postgres || !run.includes("postgres"));

// What the program was built from, when that is not what lies here.
const commit = () =>
  process.env.SONGHUA_BENCH_COMMIT
  || spawnSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).stdout?.trim()
  || "unknown";

/** Seconds of all processors, and those of them that were not idle, since the system started. */
async function processors() {
  const [first] = (await fs.readFile("/proc/stat", "utf8")).split("\n");
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const sum = ticks.reduce((a, b) => a + b, 0);
  return { sum, busy: sum - ticks[3] - ticks[4] };
}

/** Ticks that this process's children have used; those of children's children count with them. */
async function own() {
  const stat = await fs.readFile("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[13]) + Number(fields[14]);
}

async function measure(run) {
  const before = { ...(await processors()), own: await own() };
  const words = ["bench", ...run.split(" "), ...(peers ? ["--peers"] : [])];
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    lines.push(line);
  }
  const status = await ended;
  const after = { ...(await processors()), own: await own() };
  const last = lines.pop() ?? "";
  if (!last.startsWith("{")) {
    console.error(`bench ${run} ended with ${status} and reported nothing`);
    return null;
  }
  // What others used of the machine meanwhile. A PostgreSQL is no child of ours: nobody can say.
  const others = run.includes("postgres")
    ? null
    : Math.max(0, (after.busy - before.busy - (after.own - before.own)) / Math.max(1, after.sum - before.sum));
  return { run, date: new Date().toISOString().slice(0, 10), commit: commit(), others, command: words.join(" "), details: lines, result: JSON.parse(last) };
}

const kept = new Map(JSON.parse(await fs.readFile(KEPT, "utf8").catch(() => "[]")).map((one) => [one.run, one]));
const broken = [];
for (const run of chosen) {
  const one = await measure(run);
  if (one) kept.set(run, one);
  else broken.push(run);
  await fs.mkdir("target/bench-data", { recursive: true });
  await fs.writeFile(KEPT, JSON.stringify([...kept.values()], null, 1));
}

const number = (value, digits = 3) =>
  value === null || value === undefined
    ? "–"
    : typeof value === "number"
      ? value.toLocaleString("en", { maximumSignificantDigits: Math.max(digits, String(Math.trunc(value)).length) })
      : String(value).replaceAll("|", "\\|");
// A bar that was missed while others had much of the machine says little about the program.
const BUSY = 0.1;
const verdict = (pass, others) =>
  pass === null || pass === undefined ? "–" : pass ? "met" : others > BUSY ? "**missed**, machine busy" : "**missed**";
const results = all.map((run) => kept.get(run)).filter(Boolean);
const rows = results.map(({ run, command, date, commit, others, result }) => [
  result.bench,
  `${number(result.value)} ${result.unit ?? ""}`.trim(),
  number(result.raw),
  number(result.ratio, 2),
  number(result.p99_ms),
  number(result.peak_rss_mb),
  number(result.bar),
  verdict(result.pass, others),
  `\`${command ?? `bench ${run}`}\``,
  `${date}, ${commit}`,
  others === null ? "–" : `${Math.round(others * 100)} %`,
]);
const missing = all.filter((run) => !kept.has(run));
const cpus = os.cpus();
const details = results
  .filter((one) => one.details.length > 0)
  .flatMap((one) => [`## ${one.result.bench}`, "", "```", ...one.details, "```", ""]);
const lines = [
  "# Benchmarks",
  "",
  "Written by `make bench`; do not edit. `songhua bench --help` says what each one does, what its raw limit or peer is,",
  "and all of its bar; the column has the first figure of it.",
  "",
  `Measured on ${cpus.length} × ${cpus[0]?.model.trim() ?? "unknown processor"}, ${Math.round(os.totalmem() / 2 ** 30)} GiB of`
    + ` memory, ${os.type()} ${os.release()}, with a release build. Load generator, server and store share these processors.`,
  "The last column says which share of them other programs used meanwhile: where it is not near zero, the absolute",
  "figures are lower than the machine's, and the ratios say more. A single run each; two runs of the same program",
  "differ by some percent.",
  "",
  "| benchmark | measured | raw limit or peer | ratio | p99, ms | peak memory, MB | bar | | command | when, commit | others |",
  "|---|--:|--:|--:|--:|--:|--:|---|---|---|--:|",
  ...rows.map((row) => `| ${row.join(" | ")} |`),
  "",
  ...(missing.length > 0 ? [`Not measured: ${missing.map((run) => `\`bench ${run}\``).join(", ")}.`, ""] : []),
  ...details,
];
await fs.writeFile(page, lines.join("\n"));
console.log(`${page}: ${results.length} of ${all.length} benchmarks`);
for (const run of broken) console.error(`broke: bench ${run}`);
process.exitCode = broken.length === 0 && results.every((one) => one.result.pass !== false) ? 0 : 1;
