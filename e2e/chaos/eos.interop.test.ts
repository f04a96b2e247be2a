/** Exactly once with the clients of three languages, over kills and pauses. `npm run chaos:eos` has more of them. */
import { expect, test } from "vitest";
import { runEos } from "./eos.ts";

const FAULTS = 15;
const seed = Date.now() % 1_000_000;
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

test("T8, W2, W3, W4: transactions are whole and made once, over 15 faults", async () => {
  tell(`SEED=${seed}`);
  const result = await runEos({ faults: FAULTS, seed, tell });
  expect(result.findings).toEqual([]);
  expect(result.committed).toBeGreaterThan(0);
  expect(result.aborted).toBeGreaterThan(0);
}, 600_000);
