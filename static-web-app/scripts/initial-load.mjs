// Weighs what a first visit to each page has to load, compressed as a CDN would, and holds it
// to a budget. Run `npm run build` first.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** Kilobytes of JavaScript, compressed with gzip. */
const BUDGET_KB = 260;

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const pages = Object.keys(manifest).filter((name) => /^src\/app\/\w+Page\.tsx$/.test(name));

/** The files of a part and of all parts that it imports; what it imports later is left out. */
function filesOf(names, found = new Set(), seen = new Set()) {
  for (const name of names.filter((name) => !seen.has(name))) {
    seen.add(name);
    const { file, css = [], imports = [] } = manifest[name];
    for (const path of [file, ...css]) found.add(path);
    filesOf(imports, found, seen);
  }
  return found;
}

const kB = (bytes) => Number((bytes / 1000).toFixed(1));
const rows = {};
for (const page of pages) {
  const files = [...filesOf([entry, page])];
  const weigh = (kind, compressed) =>
    kB(files.filter((file) => file.endsWith(kind)).reduce((sum, file) => sum + compressed(readFileSync(new URL(file, dist))).length, 0));
  rows[page.replace(/^src\/app\/(\w+)Page\.tsx$/, "$1")] = {
    files: files.length,
    "js, raw": weigh(".js", (bytes) => bytes),
    "js, gzip": weigh(".js", (bytes) => gzipSync(bytes, { level: 9 })),
    "js, brotli": weigh(".js", brotliCompressSync),
    "css, gzip": weigh(".css", (bytes) => gzipSync(bytes, { level: 9 })),
    "css, brotli": weigh(".css", brotliCompressSync),
  };
}
console.log("kB to load for a first visit to each page:");
console.table(rows);
const tooHeavy = Object.entries(rows).filter(([, row]) => row["js, gzip"] > BUDGET_KB);
for (const [page, row] of tooHeavy) console.error(`${page} is over the budget of ${BUDGET_KB} kB: ${row["js, gzip"]} kB`);
process.exitCode = tooHeavy.length > 0 ? 1 : 0;
