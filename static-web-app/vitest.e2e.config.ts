import { defineConfig } from "vitest/config";

/** Drives the running stack in a real browser; see `e2e/` for what it needs. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
