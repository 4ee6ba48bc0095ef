// Fails when the JavaScript of the first view (what a browser loads before it draws the table of
// markets: the entry, the page of markets, and all that they import) is larger than the budget.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 300_000;
const FIRST_PAGE = "src/pages/MarketsPage.tsx";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

/** The chunk and everything that it imports at once. */
function closure(key, seen = new Set()) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`check_size: ${key} is not in the build's manifest`);
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const imported of chunk.imports ?? []) closure(imported, seen);
  return seen;
}

const keys = closure(FIRST_PAGE, closure("index.html"));
let total = 0;
for (const key of keys) {
  total += gzipSync(readFileSync(join(dist, manifest[key].file)), { level: 6 }).length;
}
console.log(
  `first view: ${(total / 1000).toFixed(1)} kB of ${BUDGET_BYTES / 1000} kB (gzip, ${keys.size} files)`,
);
if (total > BUDGET_BYTES) process.exitCode = 1;
