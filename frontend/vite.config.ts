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
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
  },
});
