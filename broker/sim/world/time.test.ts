import { expect, test } from "vitest";
import { Life } from "./life.ts";
import { SimTime } from "./time.ts";

test("events run by due time, then by order of asking, with promises settled in between", async () => {
  const time = new SimTime();
  const seen: string[] = [];
  const say = (text: string) => (): void => {
    seen.push(`${text} at ${time.monotonicMs()}`);
    const chain = async (): Promise<void> => {
      for (let hop = 0; hop < 500; hop += 1) await Promise.resolve();
      seen.push(`behind ${text}`);
    };
    void chain();
  };
  time.after(5, say("c"));
  time.after(2, say("a"));
  time.after(2, say("b"));
  time.after(3, () => seen.push("never")).cancel();
  expect(await time.run(() => false, 4)).toBe(false);
  expect(time.monotonicMs()).toBe(4);
  expect(await time.run(() => seen.length === 6, 100)).toBe(true);
  const steps = ["a at 2", "behind a", "b at 2", "behind b", "c at 5", "behind c"];
  expect(seen).toEqual(steps);
});

test("time stands still while something outside of the world is waited for", async () => {
  const time = new SimTime();
  const outside = Promise.withResolvers<void>();
  let isLoaded = false;
  void time.hold(outside.promise).then(() => {
    isLoaded = true;
  });
  const seen: boolean[] = [];
  time.after(1, () => seen.push(isLoaded));
  const running = time.run(() => seen.length > 0, 10);
  queueMicrotask(() => outside.resolve());
  await running;
  expect(seen).toEqual([true]);
});

test("what an event throws ends the run", async () => {
  const time = new SimTime();
  time.after(1, () => {
    throw new Error("broken");
  });
  await expect(time.run(() => false, 10)).rejects.toThrow("broken");
});

test("a process whose life is over runs nothing any more", async () => {
  const time = new SimTime();
  const life = new Life();
  const scheduler = life.scheduler(time);
  const seen: string[] = [];
  scheduler.after(1, () => seen.push("before"));
  scheduler.after(3, () => seen.push("after"));
  time.after(2, () => life.end());
  await time.run(() => false, 10);
  expect(seen).toEqual(["before"]);
});
