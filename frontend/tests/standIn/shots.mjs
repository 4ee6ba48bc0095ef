// usage: node tests/standIn/shots.mjs BASE_URL OUT_FOLDER [PAGE...]
//
// Pictures of the pages in both themes at 1440x900 and 390x844, with axe's findings on each.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, out, ...wanted] = process.argv.slice(2);
const TICKER = "KXGOLD15M-26AUG101900-00";
const PAGES = {
  markets: "#/markets",
  market: `#/market/${TICKER}`,
  style: "#/style",
  "sign-in": "#/sign-in",
  portfolio: "#/portfolio",
  replay: "#/replay",
  system: "#/system",
};
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
let faultCount = 0;
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["dark", "light"]) {
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    page.on("pageerror", (error) => {
      faultCount += 1;
      console.log(`${size} ${colorScheme}: ${error.message}`);
    });
    page.on("console", (message) => {
      if (message.type() === "error") console.log(`console: ${message.text().slice(0, 300)}`);
    });
    for (const [name, hash] of Object.entries(PAGES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await page.goto(`${base}/${hash}`);
      await page.reload();
      await page.waitForLoadState("networkidle").catch(() => {});
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(out, `${name}-${size}-${colorScheme}.png`) });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(
        (tags) => globalThis.axe.run(document, { runOnly: tags }),
        TAGS,
      );
      for (const { id, help, nodes } of violations) {
        faultCount += 1;
        console.log(`${name} ${size} ${colorScheme}: ${id}: ${help} (${nodes.length})`);
        for (const node of nodes.slice(0, 3)) {
          console.log(`    ${node.html.slice(0, 160)}\n    ${node.any[0]?.message ?? ""}`);
        }
      }
    }
    await context.close();
  }
}
await browser.close();
console.log(faultCount === 0 ? "no fault" : `${faultCount} fault(s)`);
