import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { expect, test } from "vitest";
import { OffsetWaiters } from "./waiters.ts";

function fresh() {
  const answers: string[] = [];
  const waiters = new OffsetWaiters();
  const add = (name: string, offset: number, deadline = 1000): void =>
    waiters.add(offset, deadline, (outcome) => void answers.push(`${name} ${outcome}`));
  return { answers, waiters, add };
}

test("reach() answers those at or below, in order, once", () => {
  const { answers, waiters, add } = fresh();
  add("a", 3);
  add("b", 5);
  add("c", 9);
  waiters.reach(5);
  waiters.reach(5);
  expect(answers).toEqual(["a reached", "b reached"]);
  expect(waiters.size).toBe(1);
});

test("a batch that is sent again is answered with the first, not with those behind it", () => {
  const { answers, waiters, add } = fresh();
  add("first", 3);
  add("second", 9);
  add("first again", 3);
  waiters.reach(3);
  expect(answers).toEqual(["first reached", "first again reached"]);
});

test("fail() answers all, expire() those whose time is over", () => {
  const { answers, waiters, add } = fresh();
  add("a", 3, 100);
  add("b", 5, 50);
  waiters.expire(50);
  waiters.fail();
  expect(answers).toEqual(["b expired", "a failed"]);
  expect(waiters.size).toBe(0);
});

test("every waiter is answered exactly once, and reached only when it is", () => {
  const random = seededRandom(7);
  const waiters = new OffsetWaiters();
  const answers = new Map<number, string[]>();
  let reached = 0;
  for (let i = 0; i < 2000; i += 1) {
    const offset = reached + 1 + random.below(20);
    answers.set(i, []);
    waiters.add(offset, random.below(4000), (outcome) => {
      answers.get(i)?.push(outcome === "reached" && reached < offset ? "too early" : outcome);
    });
    if (random.below(3) === 0) {
      reached += random.below(9);
      waiters.reach(reached);
    }
    if (random.below(9) === 0) waiters.expire(i);
  }
  waiters.fail();
  for (const one of answers.values()) {
    expect(one.length).toBe(1);
    expect(one).not.toContain("too early");
  }
});
