// Bundles web/src into web/dist, which the server embeds and serves below /assets/.
//
//   node build.mjs            one build
//   node build.mjs --watch    builds again on every change in src and public
//   node build.mjs --tests    bundles src/**/*.test.ts into ../target/web-tests for node --test
//
// What goes in:
//   src/*.ts      each file directly in src is an entry point (field.ts becomes field.js, an ES
//                 module); files in its folders are parts of these. Types are not checked here:
//                 `npm run check` does that.
//   src/sw.ts     the service worker, built last, as a classic script, because it carries the
//                 list of all the others (see types/build.d.ts)
//   src/*.css     style sheets, with what they import
//   public/**     copied as it is: manifest, icons
// What else comes out: htmx.js, htmx-sse.js, zxing_reader.wasm (the code reader), precache.json
// (the list that the service worker carries) and third-party.txt (licences of what was bundled).
//
// Names stay the same from build to build. The server must revalidate them (an ETag of the
// content), and the service worker renews its copies when __BUILD__ changes.

import { createHash } from "node:crypto";
import { watch } from "node:fs";
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const web = path.dirname(fileURLToPath(import.meta.url));
const src = path.join(web, "src");
const dist = path.join(web, "dist");
const assetBase = "/assets/";
const require = createRequire(import.meta.url);

/** Licences whose terms are met by shipping the notice file. Another one stops the build. */
const allowedLicences = new Set([
  "0BSD", "Apache-2.0", "BSD-0-Clause", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT",
]);

/** Packages that carry their licence's text but do not name it; read by hand. */
const readLicences = /** @type {Record<string, string>} */ ({ "htmx-ext-sse": "0BSD" });

/** Options that every bundle shares. */
const common = /** @type {const} */ ({
  absWorkingDir: web,
  bundle: true,
  write: false,
  metafile: true,
  charset: "utf8",
  target: "es2022",
  logLevel: "warning",
  legalComments: "none",
});

/** Files below `dir` that `keep` accepts, as sorted paths relative to it; none when it is missing. */
async function filesBelow(dir, keep = (/** @type {string} */ _name) => true) {
  const found = [];
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const entry of entries) {
    const name = path.relative(dir, path.join(entry.parentPath ?? entry.path, entry.name));
    if (entry.isFile() && keep(name)) found.push(name.split(path.sep).join("/"));
  }
  return found.sort();
}

const isTest = (/** @type {string} */ name) => name.endsWith(".test.ts");
const isTopLevel = (/** @type {string} */ name) => !name.includes(path.sep);
const isEntry = (/** @type {string} */ name) =>
  isTopLevel(name) && /\.(ts|css)$/.test(name) && !name.endsWith(".d.ts") && !isTest(name);

/** Content of a file inside an installed package. */
async function packageFile(name, file) {
  return fs.readFile(path.join(web, "node_modules", name, file));
}

/** Names of the installed packages that a bundle drew from. */
function packagesIn(metafile) {
  const names = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) names.add(match[1]);
  }
  return names;
}

/** The notices of the packages shipped to browsers. */
async function notices(names) {
  const parts = [];
  for (const name of [...names].sort()) {
    const about = JSON.parse((await packageFile(name, "package.json")).toString());
    const licence = about.license ?? readLicences[name];
    if (!allowedLicences.has(licence)) {
      throw new Error(`${name} ${about.version} has licence "${licence}", which build.mjs does not allow`);
    }
    const files = await filesBelow(path.join(web, "node_modules", name), (file) =>
      isTopLevel(file) && /^(licen[cs]e|notice)/i.test(file));
    const texts = await Promise.all(files.map(async (file) => (await packageFile(name, file)).toString().trim()));
    const author = typeof about.author === "string" ? about.author : about.author?.name;
    parts.push([`${name} ${about.version} (${licence}${author ? `, ${author}` : ""})`, ...texts].join("\n\n"));
  }
  parts.push("zxing_reader.wasm is ZXing-C++ (Apache-2.0), compiled by the zxing-wasm package.");
  return `${parts.join(`\n\n${"-".repeat(72)}\n\n`)}\n`;
}

/** Builds everything in memory, then replaces what is in dist. Returns the number of files. */
async function build() {
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  const packages = new Set(["htmx.org", "htmx-ext-sse", "zxing-wasm"]);
  const encode = (/** @type {string} */ text) => new TextEncoder().encode(text);
  const take = (/** @type {esbuild.BuildResult} */ result) => {
    for (const file of result.outputFiles ?? []) {
      const name = path.relative(dist, file.path).split(path.sep).join("/");
      if (files.has(name)) throw new Error(`two sources would both become ${name}`);
      files.set(name, file.contents);
    }
    for (const name of packagesIn(result.metafile)) packages.add(name);
  };

  for (const name of await filesBelow(path.join(web, "public"))) {
    files.set(name, await fs.readFile(path.join(web, "public", name)));
  }
  files.set("htmx.js", await packageFile("htmx.org", "dist/htmx.min.js"));
  const sse = await esbuild.transform((await packageFile("htmx-ext-sse", "sse.js")).toString(), { minify: true });
  files.set("htmx-sse.js", encode(sse.code));
  const reader = require.resolve("zxing-wasm/reader/zxing_reader.wasm");
  files.set("zxing_reader.wasm", await fs.readFile(reader));

  const entries = await filesBelow(src, isEntry);
  const pages = entries.filter((name) => name !== "sw.ts").map((name) => path.join(src, name));
  if (pages.length > 0) {
    take(await esbuild.build({
      ...common,
      entryPoints: pages,
      outdir: dist,
      format: "esm",
      minify: true,
      assetNames: "[name]",
      loader: { ".svg": "file", ".png": "file", ".woff2": "file" },
    }));
  }

  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const precache = sorted.map(([name, content]) => ({
    url: assetBase + name,
    bytes: content.byteLength,
    sha256: createHash("sha256").update(content).digest("hex"),
  }));
  const version = createHash("sha256").update(JSON.stringify(precache)).digest("hex").slice(0, 16);
  if (entries.includes("sw.ts")) {
    take(await esbuild.build({
      ...common,
      entryPoints: [path.join(src, "sw.ts")],
      outdir: dist,
      format: "iife",
      minify: true,
      define: { __PRECACHE__: JSON.stringify(precache), __BUILD__: JSON.stringify(version) },
    }));
  }
  files.set("precache.json", encode(`${JSON.stringify({ version, files: precache }, null, 1)}\n`));
  files.set("third-party.txt", encode(await notices(packages)));

  await fs.mkdir(dist, { recursive: true });
  for (const name of await filesBelow(dist)) {
    if (!files.has(name) && name !== ".gitkeep") await fs.rm(path.join(dist, name));
  }
  for (const [name, content] of files) {
    const target = path.join(dist, name);
    // An unchanged file keeps its time, so that Cargo does not embed it anew.
    const old = await fs.readFile(target).catch(() => undefined);
    if (old && Buffer.compare(old, content) === 0) continue;
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.writeFile(target, content);
  }
  const bytes = [...files.values()].reduce((sum, content) => sum + content.byteLength, 0);
  console.log(`web: ${files.size} files, ${Math.round(bytes / 1024)} KiB, build ${version}`);
}

/** Bundles the unit tests of src, so that Node can run them as they are. */
async function buildTests() {
  const out = path.join(web, "..", "target", "web-tests");
  await fs.rm(out, { recursive: true, force: true });
  const tests = await filesBelow(src, isTest);
  if (tests.length > 0) {
    await esbuild.build({
      ...common,
      entryPoints: tests.map((name) => path.join(src, name)),
      outdir: out,
      outbase: src,
      outExtension: { ".js": ".mjs" },
      write: true,
      format: "esm",
      platform: "node",
      sourcemap: "inline",
      define: { __PRECACHE__: "[]", __BUILD__: JSON.stringify("test") },
    });
  }
  console.log(`web: ${tests.length} unit test file(s) bundled`);
}

async function watchAll() {
  await build();
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => build().catch((error) => console.error(`web: ${error.message}`)), 100);
  };
  for (const dir of [src, path.join(web, "public")]) {
    await fs.mkdir(dir, { recursive: true });
    watch(dir, { recursive: true }, again);
  }
  console.log("web: watching src and public");
}

const task = { "--watch": watchAll, "--tests": buildTests }[process.argv[2] ?? ""] ?? build;
await task().catch((error) => {
  console.error(`web: ${error.message}`);
  process.exitCode = 1;
});
