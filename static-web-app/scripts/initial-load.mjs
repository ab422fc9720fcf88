// Weighs what a first visit has to load, compressed as a CDN would: the files
// that index.html names. Run `npm run build` first.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const page = readFileSync(new URL("index.html", dist), "utf8");
const files = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(js|css))"/g)];
const sums = {};
for (const [, path, kind] of files) {
  const bytes = readFileSync(new URL(path, dist));
  const sum = (sums[kind] ??= { files: 0, raw: 0, gzip: 0, brotli: 0 });
  sum.files += 1;
  sum.raw += bytes.length;
  sum.gzip += gzipSync(bytes, { level: 9 }).length;
  sum.brotli += brotliCompressSync(bytes).length;
}
console.table(sums);
