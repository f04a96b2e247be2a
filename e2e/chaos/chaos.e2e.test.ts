import { expect, test } from "vitest";
import { runKills } from "./kill.ts";
import { runPowerCuts } from "./power.ts";

const seed = Date.now() % 1_000_000;
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

test("kill -9 under load loses no acknowledged record and doubles none", async () => {
  tell(`SEED=${seed}`);
  const { findings, acknowledged } = await runKills({ runs: 10, seed, tell });
  expect(findings).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
}, 180_000);

test("a power cut loses no acknowledged record where every write is synced", async () => {
  tell(`SEED=${seed}`);
  const { findings, acknowledged } = await runPowerCuts({ runs: 5, seed, tell });
  expect(findings).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
}, 180_000);

test("the power cut test finds the loss when the syncs are taken out", async () => {
  const { findings } = await runPowerCuts({ runs: 2, seed, tell }, false);
  expect(findings.filter((finding) => finding.startsWith("lost")).length).toBeGreaterThan(0);
}, 120_000);
