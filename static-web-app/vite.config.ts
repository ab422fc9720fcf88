import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { runtimeConfig } from "./vite/runtimeConfig.ts";

export default defineConfig({
  plugins: [react(), runtimeConfig()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { target: "es2023", assetsInlineLimit: 0, manifest: true },
  test: {
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
    environment: "jsdom",
    setupFiles: ["tests/setup.ts"],
    server: { deps: { inline: [/@cloudscape-design/] } },
    // Loading Cloudscape and a document takes longer than the tests: all files share one load of
    // them. setup.ts puts back what a test may leave behind.
    isolate: false,
    restoreMocks: true,
    testTimeout: 40_000,
  },
});
