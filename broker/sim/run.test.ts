import { expect, test } from "vitest";
import { planOf, STRIKES, WORKLOADS } from "./plan.ts";
import { runSeed } from "./run.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

test("a seed comes to the same, whatever ran before it in the process", async () => {
  const digests = async (seeds: readonly number[]): Promise<Map<number, string>> => {
    const found = new Map<number, string>();
    for (const seed of seeds) found.set(seed, (await runSeed(seed)).digest);
    return found;
  };
  const forwards = await digests(SEEDS);
  const backwards = await digests(SEEDS.toReversed());
  expect([...backwards].toReversed()).toEqual([...forwards]);
  expect(new Set(forwards.values()).size).toBe(SEEDS.length);
});

test("worlds have life in them, and nothing to find", async () => {
  for (const workload of WORKLOADS) {
    let [records, polls, lines] = [0, 0, 0];
    for (const seed of [11, 12, 13]) {
      const { findings, acknowledged, history, log } = await runSeed(seed, workload);
      expect(findings).toEqual([]);
      records += acknowledged;
      polls += history.polls.length;
      lines += log.length;
    }
    expect(records).toBeGreaterThan(60);
    expect(polls).toBeGreaterThan(30);
    expect(lines).toBeGreaterThan(0);
  }
});

test("seeds have every workload and every kind of fault", () => {
  const plans = Array.from({ length: 200 }, (_, seed) => planOf(seed));
  const strikes = new Set(plans.flatMap((plan) => plan.strikes.map(({ kind }) => kind)));
  expect([...strikes].toSorted()).toEqual([...STRIKES].toSorted());
  expect(new Set(plans.map(({ workload }) => workload))).toEqual(new Set(WORKLOADS));
  expect(plans.some((plan) => plan.strikes.length === 0)).toBe(true);
});
