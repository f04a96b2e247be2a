import { defineConfig } from "vitest/config";

/** Unit and property tests: beside the code, no sockets, no processes. Part of `npm run check`. */
export default defineConfig({
  test: {
    include: ["{shared,broker,apps,tools,console}/**/*.test.{ts,tsx}"],
    exclude: [
      "**/node_modules/**",
      "**/dist/**",
      "**/.next/**",
      "**/*.e2e.test.ts",
      "**/*.interop.test.ts",
    ],
    environment: "node",
    testTimeout: 20_000,
  },
});
