// Every role follows the links of its pages: none leads where it may not go or where nothing is,
// and no list says that it has rows and shows none. No browser is needed for that.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demoServer } from "./field-phone.mjs";
import { startServer } from "./harness.mjs";

/** Links of one kind that a role follows: a county's page is another kind than a compound's. */
const OF_A_KIND = 3;
const ROLES = ["commander", "district", "grid", "sampler", "courier", "laboratory", "ward", "crew", "shop", "driver", "volunteer", "auditor", "admin"];
/** What is no page of ours to follow: files, streams, the field app, the way out. */
const APART = /^\/(assets|language|field|sign-out|events|api)(\/|$|\?)/;

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;

before(async () => {
  server = await demoServer(["--page-rate", "100000"]);
});

after(async () => {
  await server?.stop();
});

/** Asks as a browser would, keeping cookies, without following redirects. */
class Visitor {
  cookies = new Map();

  /** @param {string} path @param {RequestInit} [options] */
  async ask(path, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(server.origin + path, {
      redirect: "manual",
      ...options,
      headers: { cookie, origin: server.origin, ...options.headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  /** @param {string} role */
  async signIn(role) {
    const page = await (await this.ask("/sign-in")).text();
    const body = new URLSearchParams({ login: role, password: "songhua-demo" });
    for (const [input] of page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name) body.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? "");
    }
    const answer = await this.ask("/sign-in", { method: "POST", body });
    assert.equal(answer.status, 303, `${role} signs in`);
  }
}

/** A link without what tells one such page from another. @param {string} link */
function kindOf(link) {
  const [path = "", query = ""] = link.split("?");
  const parts = path.split("/").map((part) => (/[0-9]/.test(part) ? `*${part.length}` : part));
  return `${parts.join("/")}?${query.split("&").map((pair) => pair.split("=")[0]).join("&")}`;
}

/** Tables that count rows and show none. @param {string} page */
function hollow(page) {
  return page.split('class="table-box').slice(1).filter((box) => {
    const total = /共 ([0-9,]+) 行/.exec(box.slice(0, 800))?.[1]?.replaceAll(",", "");
    const rows = box.split("</table>")[0]?.match(/<tr/g)?.length ?? 0;
    return Number(total ?? 0) > 0 && rows <= 1;
  }).length;
}

for (const role of ROLES) {
  test(`no link of ${role} leads astray`, async () => {
    const visitor = new Visitor();
    await visitor.signIn(role);
    const wrong = [];
    const kinds = new Map();
    const seen = new Set(["/"]);
    const waiting = [{ path: "/", from: "signing in" }];
    let pages = 0;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { path, from } = next;
      const answer = await visitor.ask(path);
      const follow = (/** @type {string} */ link) => {
        const kind = kindOf(link);
        const known = kinds.get(kind) ?? 0;
        if (seen.has(link) || known >= OF_A_KIND) return;
        kinds.set(kind, known + 1);
        seen.add(link);
        waiting.push({ path: link, from: path });
      };
      if (answer.status === 303) {
        const to = answer.headers.get("location") ?? "";
        if (to.startsWith("/sign-in")) wrong.push(`${path} (from ${from}) asks to sign in`);
        else if (to.startsWith("/")) follow(to);
        continue;
      }
      if (answer.status !== 200) {
        wrong.push(`${answer.status} ${path} (from ${from})`);
        continue;
      }
      const text = await answer.text();
      if (!answer.headers.get("content-type")?.includes("html")) continue;
      pages += 1;
      if (hollow(text) > 0) wrong.push(`${path} (from ${from}) counts rows and shows none`);
      // What is shown of people asks for a purpose first.
      if (text.includes('name="purpose"') && !path.includes("purpose=")) {
        follow(`${path}${path.includes("?") ? "&" : "?"}purpose=sampling`);
      }
      for (const [, href = ""] of text.matchAll(/href="([^"]*)"/g)) {
        const link = (href.split("#")[0] ?? "").replaceAll("&amp;", "&");
        if (link.startsWith("/") && !link.startsWith("//") && !APART.test(link)) follow(link);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(pages > 5, `${pages} pages were found`);
  });
}
