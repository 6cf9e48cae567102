// After the build: the licences of what is bundled beside it, and every text file compressed once for all requests.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const OUT = join(import.meta.dirname, "../src/satseek/service/static");
const FREE = /^\(?(MIT|ISC|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|0BSD|Unlicense|CC0-1\.0|BlueOak-1\.0\.0)/;
const TEXTS = /\.(js|css|html|json|svg|txt)$/;
const LEAST_BYTES = 1024;

/** Every package that can end up in the bundle: what is needed beyond development, by the lock file. */
function bundled() {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([place, facts]) => place !== "" && !facts.dev && !facts.optional)
    .map(([place]) => place)
    .sort();
}

function licenceOf(place) {
  const folder = join(import.meta.dirname, place);
  if (!existsSync(folder)) return "";
  const facts = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const name = `${facts.name} ${facts.version}`;
  const licence = typeof facts.license === "string" ? facts.license : (facts.license?.type ?? facts.licenses?.[0]?.type ?? "");
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
  if (!FREE.test(licence) && text === "") throw new Error(`${name} says no licence that we know: '${licence}'`);
  return `${"=".repeat(80)}\n${name} (${licence || "see below"})\n\n${text}\n`;
}

function writeLicences() {
  const heading =
    "What the page is built of, and under which licences. Coastlines and borders: Natural Earth, public domain.\n\n";
  writeFileSync(join(OUT, "THIRD_PARTY.txt"), heading + bundled().map(licenceOf).join("\n"));
}

function compress(folder) {
  for (const each of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, each.name);
    if (each.isDirectory()) compress(path);
    else if (TEXTS.test(each.name) && statSync(path).size >= LEAST_BYTES) {
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  }
}

writeLicences();
compress(OUT);
