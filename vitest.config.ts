import { defineConfig } from "vitest/config";

/** Unit and property tests: beside the code, no sockets, no processes. Part of `npm run check`. */
export default defineConfig({
  test: {
    include: ["{shared,broker,apps,tools}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.e2e.test.ts", "**/*.interop.test.ts"],
    environment: "node",
    testTimeout: 20_000,
  },
});
