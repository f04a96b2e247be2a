import { defineConfig } from "vitest/config";

/** Clients that need foreign toolchains and downloads. Run by `npm run test:interop`. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.interop.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    environment: "node",
    fileParallelism: false,
    // Of tests that are marked as concurrent: they wait for timeouts, most of the time.
    maxConcurrency: 8,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
