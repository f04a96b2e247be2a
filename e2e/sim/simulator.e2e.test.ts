import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../harness/child.ts";
import { denoPath } from "../harness/server.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SEEDS = 12;

/** What each seed came to, one line for each. */
async function digestsOn(runtime: readonly [string, ...string[]]): Promise<string[]> {
  const args = ["broker/sim/main.ts", "--first", "1", "--seeds", String(SEEDS), "--digests"];
  const { stdout } = await run({
    name: "simulator",
    command: [...runtime, ...args],
    cwd: ROOT,
    withinMs: 100_000,
  });
  return stdout.split("\n").filter((line) => /^seed \d+: [0-9a-f]{8}$/.test(line));
}

test("the simulator: a seed comes to the same on Node and on Deno", async () => {
  const onNode = await digestsOn([process.execPath]);
  expect(onNode).toHaveLength(SEEDS);
  expect(await digestsOn([await denoPath(), "run", "-A"])).toEqual(onNode);
});
