import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Loading aws-cdk-lib takes far longer than all tests together, so all files share one load of it.
    isolate: false,
    fileParallelism: false,
    // Some tests make a whole stage, which takes seconds on a busy machine.
    testTimeout: 60_000,
  },
});
