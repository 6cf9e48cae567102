/** How the page is built and tested: assets below /page/, the service's own paths passed on while developing. */
import { defineConfig } from "vitest/config";

declare const process: { env: Record<string, string | undefined> };

const SERVICE = process.env["SATSEEK_SERVICE"] ?? "http://127.0.0.1:8000";
const PATHS = ["search", "items", "archive", "suggest", "scenes", "tiles", "tilejson.json", "healthz", "refine"];
const MORE = ["locate", "openapi.json", "collections", "overlays"];

export default defineConfig({
  base: "/page/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: Object.fromEntries([...PATHS, ...MORE].map((path) => [`/${path}`, SERVICE])) },
  worker: { format: "es" },
  build: {
    outDir: "../src/satseek/service/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
