import { systemCode } from "@runnel/kit/errors.ts";
import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { chanceOf } from "./chance.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { Life } from "./life.ts";
import { SimTime } from "./time.ts";
import { calmWeather } from "./weather.ts";

function machine(seed = 1, memory = new MemoryDisk()) {
  const time = new SimTime();
  const life = new Life();
  const { disk: weather } = calmWeather();
  const disk = new FaultyDisk({
    disk: memory,
    time,
    chance: chanceOf(seed, "disk"),
    life,
    weather,
  });
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let isDone = false;
    const settled = promise.finally(() => {
      isDone = true;
    });
    settled.catch(() => {});
    await time.run(() => isDone, 60_000);
    return await settled;
  };
  return { time, life, weather, disk, memory, run };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("an operation takes time, more on a slow disk, and has its effect", async () => {
  const { time, weather, disk, run } = machine();
  const file = await run(disk.open("a", { create: true }));
  await run(file.write([bytes("one"), bytes("two")], 0));
  await run(file.sync());
  const took = time.monotonicMs();
  expect(took).toBeGreaterThan(0);
  weather.slowness = 1000;
  await run(file.sync());
  expect(time.monotonicMs()).toBeGreaterThan(2 * took);
  const target = disk.allocate(10);
  expect(await run(file.read(target, 0))).toBe(6);
  expect(new TextDecoder().decode(target.subarray(0, 6))).toBe("onetwo");
  // Memory that nobody wrote to is not zeros.
  expect(target.subarray(6)).toEqual(new Uint8Array(4).fill(0xa5));
});

test("a disk that is full takes nothing, and a failed sync keeps its file from the disk for good", async () => {
  const { weather, disk, memory, run } = machine();
  const file = await run(disk.open("a", { create: true }));
  await run(disk.syncDirectory("."));
  weather.isFull = true;
  expect(await run(file.write([bytes("x")], 0).then(() => "", systemCode))).toBe("ENOSPC");
  expect((await disk.space()).freeBytes).toBe(0);
  weather.isFull = false;
  await run(file.write([bytes("x")], 0));
  weather.syncFailures = 1;
  expect(await run(file.sync().then(() => "", systemCode))).toBe("EIO");
  await run(file.sync());
  expect((await memory.crash().stat("a"))?.size).toBe(0);
});

test("a kill leaves what was done, and of what is under way all, a part or nothing", async () => {
  const sizes = new Set<number>();
  for (let seed = 0; seed < 60; seed += 1) {
    const { life, disk, memory, run } = machine(seed);
    const file = await run(disk.open("a", { create: true }));
    await run(file.write([bytes("12")], 0));
    void file.write([bytes("345678")], 2);
    life.end();
    await disk.kill();
    sizes.add((await memory.stat("a"))?.size ?? -1);
  }
  expect([...sizes].toSorted((a, b) => a - b)).toEqual([2, 5, 8]);
});

test("a trap springs at the operation it waits for, once", async () => {
  const { weather, disk, run } = machine();
  let sprung = 0;
  const file = await run(disk.open("a", { create: true }));
  const spring = (): void => void (sprung += 1);
  weather.trap = { operation: "sync", suffix: "a", isEarly: false, spring };
  await run(file.write([bytes("x")], 0));
  expect(sprung).toBe(0);
  await run(file.sync());
  await run(file.sync());
  expect(sprung).toBe(1);
});

test("an operation with an early trap comes last: a kill finds it done or not, and others go on", async () => {
  const done = new Set<boolean>();
  for (let seed = 0; seed < 20; seed += 1) {
    const { life, weather, disk, memory, run } = machine(seed);
    const file = await run(disk.open("a", { create: true }));
    await run(disk.syncDirectory("."));
    await run(file.write([bytes("x")], 0));
    const spring = (): void => void (weather.slowness = 1_000);
    weather.trap = { operation: "sync", suffix: "a", isEarly: true, spring };
    void file.sync();
    weather.slowness = 1;
    await run(disk.open("b", { create: true }));
    life.end();
    await disk.kill();
    done.add((await memory.crash().stat("a"))?.size === 1);
  }
  expect(done).toEqual(new Set([true, false]));
});
