// Makes src/gen from the contracts in ../proto, by protoc and protoc-gen-es. Files are written only
// when they change, so that a running Vite does not reload for nothing.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PROTO = join(ROOT, "..", "proto");
const OUT = join(ROOT, "src", "gen");

// What the gateway and a browser say to each other, and what that is made of.
const FILES = [
  "evx/common/v1/common.proto",
  "evx/exchange/v1/order_groups.proto",
  "evx/exchange/v1/portfolio.proto",
  "evx/marketdata/v1/candle_service.proto",
  ...readdirSync(join(PROTO, "evx/gateway/v1")).map((name) => `evx/gateway/v1/${name}`),
  // What an administrator's page calls through it.
  ...readdirSync(join(PROTO, "evx/ops/v1")).map((name) => `evx/ops/v1/${name}`),
];

function same(left, right) {
  if (!existsSync(right)) return false;
  const names = (folder) => readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names(left).filter((name) => name.endsWith(".ts"));
  const others = names(right).filter((name) => name.endsWith(".ts"));
  return (
    files.join() === others.join() &&
    files.every((name) => readFileSync(join(left, name)).equals(readFileSync(join(right, name))))
  );
}

const made = mkdtempSync(join(tmpdir(), "evx-gen-"));
try {
  execFileSync(
    "protoc",
    [
      `-I${PROTO}`,
      `--plugin=protoc-gen-es=${join(ROOT, "node_modules/.bin/protoc-gen-es")}`,
      `--es_out=${made}`,
      "--es_opt=target=ts,import_extension=none",
      ...FILES,
    ],
    { stdio: "inherit" },
  );
  if (!same(made, OUT)) {
    rmSync(OUT, { recursive: true, force: true });
    cpSync(made, OUT, { recursive: true });
  }
} catch (error) {
  if (error.code === "ENOENT") {
    console.error("generate: protoc is not installed (Debian package protobuf-compiler)");
  } else {
    console.error(`generate: ${error.message}`);
  }
  process.exitCode = 1;
} finally {
  rmSync(made, { recursive: true, force: true });
}
