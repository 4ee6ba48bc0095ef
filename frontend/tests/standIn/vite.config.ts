// `npx vite --config tests/standIn/vite.config.ts`: the page with the stand-in behind it.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import type { StandIn } from "./standIn";

function standIn(): Plugin {
  return {
    name: "stand-in",
    configureServer(server) {
      let current: Promise<StandIn> | null = null;
      const gateway = () => {
        current ??= server
          .ssrLoadModule("/tests/standIn/standIn.ts")
          .then((module) => new module.StandIn() as StandIn);
        return current;
      };
      server.middlewares.use((request, response, next) => {
        const isOurs = /^\/(api|stand-in)\//.test(request.url ?? "");
        if (!isOurs) return next();
        gateway().then(
          (running) => {
            if (!running.handle(request, response)) response.writeHead(404).end();
          },
          (error) => next(error),
        );
      });
      server.httpServer?.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (!request.url?.startsWith("/ws")) return;
        gateway().then((running) => running.upgrade(request, socket, head));
      });
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  plugins: [react(), standIn()],
  resolve: { alias: { "@": fileURLToPath(new URL("../../src", import.meta.url)) } },
  server: { port: Number(process.env.EVX_STAND_IN_PORT ?? 3003), strictPort: true, hmr: false },
});
