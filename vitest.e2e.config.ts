import { defineConfig } from "vitest/config";

/** End-to-end and fault tests: real processes and real clients on loopback. Part of `npm test`. */
export default defineConfig({
  test: {
    include: ["{e2e,apps,broker}/**/*.e2e.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    environment: "node",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
