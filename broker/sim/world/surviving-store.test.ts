import { expect, test } from "vitest";
import { chanceOf } from "./chance.ts";
import { Life } from "./life.ts";
import { SurvivingStore } from "./surviving-store.ts";
import { SimTime } from "./time.ts";
import { calmWeather } from "./weather.ts";

function machine(seed = 1) {
  const time = new SimTime();
  const { store: weather } = calmWeather();
  const store = new SurvivingStore({ time, chance: chanceOf(seed, "store"), weather });
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let isDone = false;
    const settled = promise.finally(() => {
      isDone = true;
    });
    settled.catch(() => {});
    await time.run(() => isDone, time.monotonicMs() + 1_000);
    return await settled;
  };
  return { time, weather, store, run };
}

test("keys survive their process, and those under a lease do not", async () => {
  const { store, run } = machine();
  const life = new Life();
  const first = store.open(life);
  const leaseId = await run(first.grantLease(9_000));
  const put = { kind: "put", value: "v" } as const;
  const success = [
    { ...put, key: "/a" },
    { ...put, key: "/b", leaseId },
  ];
  await run(first.transact({ success }));
  life.end();
  const second = store.open(new Life());
  const { entries, revision } = await run(second.range("/"));
  expect(entries.map(({ key }) => key)).toEqual(["/a"]);
  expect(revision).toBe(2);
});

test("of a call that fails, nobody knows whether it changed something", async () => {
  const outcomes = new Set<boolean>();
  for (let seed = 0; seed < 20; seed += 1) {
    const { store, weather, run } = machine(seed);
    const opened = store.open(new Life());
    weather.failureShare = 1;
    const success = [{ kind: "put", key: "/a", value: "v" }] as const;
    await expect(run(opened.transact({ success }))).rejects.toThrow("does not answer");
    weather.failureShare = 0;
    outcomes.add((await run(opened.get("/a"))) !== null);
  }
  expect(outcomes).toEqual(new Set([true, false]));
});

test("a watch tells of changes in order, and nothing to a process that is gone", async () => {
  const { store, weather, run, time } = machine();
  const life = new Life();
  const opened = store.open(life);
  weather.delayMsMax = 50;
  const seen: number[] = [];
  opened.watch({
    prefix: "/",
    fromRevision: 1,
    onEvents: (revision) => void seen.push(revision),
    onEnd() {},
  });
  for (const value of ["1", "2", "3"]) {
    await run(opened.transact({ success: [{ kind: "put", key: "/a", value }] }));
  }
  await time.run(() => false, time.monotonicMs() + 100);
  expect(seen).toEqual([1, 2, 3]);
  void opened.transact({ success: [{ kind: "put", key: "/a", value: "4" }] });
  life.end();
  await time.run(() => false, time.monotonicMs() + 100);
  expect(seen).toEqual([1, 2, 3]);
});
