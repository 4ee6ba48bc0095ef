import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The gateway that a development server asks; EVX_GATEWAY names another one.
const gateway = process.env.EVX_GATEWAY ?? "http://127.0.0.1:8766";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // As nginx does it in front of a built page: one origin.
  server: {
    port: 3002,
    proxy: { "/ws": { target: gateway, ws: true }, "/api": { target: gateway } },
  },
  build: {
    target: "es2022",
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
  },
  // What draws runs in jsdom, which takes a second to make; what computes does without.
  test: {
    restoreMocks: true,
    // A page is drawn within it on a machine that compiles beside.
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "logic",
          environment: "node",
          include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "drawn",
          environment: "jsdom",
          include: ["src/**/*.test.tsx", "tests/**/*.test.tsx"],
          setupFiles: ["tests/setup.ts"],
          css: { modules: { classNameStrategy: "non-scoped" } },
        },
      },
    ],
  },
});
