// The rules of the house bite: each is shown what it forbids.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
let folder = "";

// The same rules in a folder of their own, so that no fault ever lies in the tree.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "evx-lint-"));
  cpSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
  cpSync(join(ROOT, "lint"), join(folder, "lint"), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lint(path: string, text: string): string {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  const biome = join(ROOT, "node_modules/.bin/biome");
  const { stdout, stderr } = spawnSync(biome, ["lint", path], { cwd: folder, encoding: "utf8" });
  return stdout + stderr;
}

describe("lint", () => {
  it("forbids Math.random", () => {
    expect(lint("src/views/x.ts", "export const x = Math.random();\n")).toContain(
      "Math.random is forbidden",
    );
  }, 20_000);

  it.each([
    'import { StreamClient } from "@/data/stream/streamClient";',
    'import { Role } from "@/gen/evx/gateway/v1/requests_pb";',
    'import { stack } from "../data/stack";',
  ])(
    "lets data in by its one door: %s",
    (line) => {
      expect(lint("src/views/x.ts", `${line}\n`)).toContain("noRestrictedImports");
    },
    20_000,
  );

  it("lets everybody use that door", () => {
    const text = 'import { useBook } from "@/data";\n\nexport const hook = useBook;\n';
    expect(lint("src/views/x.ts", text)).not.toContain("noRestrictedImports");
  }, 20_000);
});
