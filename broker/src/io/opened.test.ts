import { expect, test } from "vitest";
import { Opened } from "./opened.ts";

test("closes in the opposite order, everything, and tells the first failure", async () => {
  const closed: string[] = [];
  const opened = new Opened();
  opened.defer(() => closed.push("first"));
  opened.defer(() => {
    closed.push("second");
    throw new Error("second");
  });
  opened.defer(async () => {
    closed.push("third");
    await Promise.reject(new Error("third"));
  });
  await expect(opened[Symbol.asyncDispose]()).rejects.toThrow("third");
  expect(closed).toEqual(["third", "second", "first"]);
  await opened[Symbol.asyncDispose]();
  expect(closed).toHaveLength(3);
});

test("what was handed over is closed by its new owner alone", async () => {
  const closed: string[] = [];
  let moved: Opened;
  {
    await using opened = new Opened();
    opened.defer(() => closed.push("it"));
    moved = opened.move();
  }
  expect(closed).toEqual([]);
  await moved[Symbol.asyncDispose]();
  expect(closed).toEqual(["it"]);
});
