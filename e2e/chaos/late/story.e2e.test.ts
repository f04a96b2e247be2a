import { expect, test } from "vitest";
import { type Found, findingsOf, type Told } from "./story.ts";

const told = (name: string, outcome: Told["outcome"], offset: number): Told => {
  return { name, outcome, offset, partitions: [0, 1] };
};
const STORY = [told("a", "committed", 1), told("b", "aborted", 2), told("c", "committed", 3)];
const AS_TOLD: Found = {
  values: [
    ["a in 0", "c in 0"],
    ["a in 1", "c in 1"],
  ],
  offset: 3,
  held: [],
  state: "CompleteCommit",
};

test("findingsOf() finds nothing where what is read is what was told", () => {
  expect(findingsOf(STORY, AS_TOLD)).toEqual([]);
  const open = [...STORY, told("d", null, 4)];
  expect(findingsOf(open, AS_TOLD)).toEqual([]);
});

test("findingsOf() tells what was read although it was aborted, and what is lost, torn or doubled", () => {
  const values = [["a in 0", "a in 0", "b in 0", "c in 0"], ["a in 1"]];
  expect(findingsOf(STORY, { ...AS_TOLD, values })).toEqual([
    "torn: 1 of 2 records of b",
    "lost: c in 1",
    "torn: 1 of 2 records of c",
    "read 2 times: a in 0",
    "aborted and read: b in 0",
  ]);
});

test("findingsOf() tells offsets that have moved, and what a transaction holds back", () => {
  const found: Found = { ...AS_TOLD, offset: 2, held: [1], state: "Ongoing" };
  expect(findingsOf(STORY, found)).toEqual([
    "offset 2, committed was 3",
    "readers are held back in 1",
    "a transaction is left open",
  ]);
});
