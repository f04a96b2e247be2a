import { expect, test } from "vitest";
import { checkBank, transferOf } from "./accounts.ts";
import { checkMixture } from "./mixture.ts";
import { parseLine } from "./task.ts";

const halves = (numbers: readonly number[]) => {
  const values = { debits: [] as string[], credits: [] as string[] };
  for (const number of numbers) {
    const [from, to, amount] = transferOf(number).split(":");
    values.debits.push(`f:${number}:${from}:-${amount}`);
    values.credits.push(`f:${number}:${to}:${amount}`);
  }
  return {
    debits: { name: "debits", values: values.debits },
    credits: { name: "credits", values: values.credits },
  };
};
const sent = new Map([["f", 3]]);

test("checkBank() finds nothing where every transfer was made once", () => {
  expect(checkBank(halves([0, 1, 2]), sent)).toEqual([]);
});

test("checkBank() tells a transfer that was made twice, one that is missing, and half of one", () => {
  expect(checkBank(halves([0, 1, 1, 2]), sent)).toEqual([
    "duplicate: f:1 in debits",
    "duplicate: f:1 in credits",
  ]);
  expect(checkBank(halves([0, 2]), sent)).toEqual([
    "lost: f:1:1:-2 is not in debits",
    "lost: f:1:6:2 is not in credits",
  ]);
  const { debits } = halves([0, 1, 2]);
  const torn = { debits, credits: { name: "credits", values: [] } };
  expect(checkBank(torn, sent)).toContain("sum: debits and credits add up to -6");
});

test("checkMixture() tells what is torn, doubled, lost, or read although it was aborted", () => {
  const outcomes = new Map([["p", new Map([[1, "committed"] as const, [2, "aborted"] as const])]]);
  const check = (values: readonly string[]) => checkMixture(values, outcomes, true);
  expect(check(["p:1:0:2", "p:1:1:2"])).toEqual([]);
  expect(check(["p:1:0:2"])).toEqual(["torn: 1 of 2 parts of p:1"]);
  expect(checkMixture(["p:1:0:2"], outcomes, false)).toEqual([]);
  expect(check(["p:1:0:1", "p:1:0:1"])).toEqual(["duplicate: p:1:0:1"]);
  expect(check([])).toEqual(["lost: p:1 was committed"]);
  expect(check(["p:1:0:1", "p:2:0:1"])).toEqual(["aborted and read: p:2:0:1"]);
  expect(check(["p:1:0:1", "p:3:0:1"])).toEqual([]);
  expect(check(["p:1:0:1", "q:1:0:1"])).toEqual(["foreign: q:1:0:1"]);
});

test("parseLine() reads what processors say, and nothing else", () => {
  expect(parseLine("begin 7")).toEqual({ kind: "begin", number: 7 });
  expect(parseLine("fenced by another")).toEqual({ kind: "fenced", why: "by another" });
  expect(parseLine("SLF4J: something")).toBeNull();
});
