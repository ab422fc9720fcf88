import { defineConfig } from "vitest/config";

/** Drives the page in a real browser: on the running stack, or with a stand-in for the API. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    globalSetup: ["e2e/harness/previewServer.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
