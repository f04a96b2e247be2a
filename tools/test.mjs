/**
 * `npm test`: installs what the tests need, runs the checks and every test that needs no foreign
 * toolchain, and ends with a line `N passed, N failed`.
 */
import { Tally } from "./runner.mjs";
import { ensurePackages, ensurePrograms, TEST_CLIENTS } from "./setup.mjs";

const MINUTE_MS = 60_000;

/** The steps of `npm run check` that are not tests; each also runs alone as `npm run <name>`. */
const CHECKS = ["typecheck", "format", "lint", "tidy", "dead"];

/** Whole brokers in simulated worlds. */
const SIMULATIONS = [
  { name: "simulator, 200 seeds", flags: ["--seeds", "200", "--jobs", "2"] },
  { name: "simulator, planted bugs", flags: ["--bugs", "--jobs", "2"] },
];

const tally = new Tally();
try {
  await ensurePackages();
  tally.note("programs for the tests", await ensurePrograms(TEST_CLIENTS));
  for (const check of CHECKS) {
    await tally.step(check, ["npm", "run", "--silent", check], 5 * MINUTE_MS);
  }
  await tally.vitest("unit", { config: "vitest.config.ts", limitMs: 6 * MINUTE_MS });
  for (const { name, flags } of SIMULATIONS) {
    await tally.step(name, ["npm", "run", "--silent", "sim", "--", ...flags], 10 * MINUTE_MS);
  }
  await tally.vitest("end to end", {
    config: "vitest.e2e.config.ts",
    limitMs: 20 * MINUTE_MS,
    isVerbose: true,
  });
} catch (error) {
  tally.note("set-up", error.message);
}
tally.finish();
