import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyText, parseKey, type SeriesKey } from "./series-key.ts";
import { chooseMembers, divide, SeriesTable } from "./series-table.ts";

describe("keyText()", () => {
  test("parseKey(keyText(x)) equals x, whatever clients call their topics and groups", () => {
    const key: fc.Arbitrary<SeriesKey> = fc.record({
      metric: fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/),
      statistic: fc.constantFrom("rate", "value", "p50", "p99"),
      member: fc.option(fc.string({ unit: "binary" })),
      isRest: fc.boolean(),
    });
    fc.assert(
      fc.property(key, (random) => {
        const one = random.isRest ? { ...random, member: null } : random;
        expect(parseKey(keyText(one))).toEqual(one);
      }),
    );
  });

  test("a member that is called like the rest is not the rest", () => {
    const one = { metric: "m", statistic: "rate", member: "*", isRest: false } as const;
    expect(keyText(one)).toBe("m:rate{=*}");
    expect(parseKey("m:rate{*}")).toMatchObject({ member: null, isRest: true });
    expect(parseKey("m:often")).toBeNull();
    expect(parseKey("m rate")).toBeNull();
  });
});

describe("SeriesTable", () => {
  test("gives all columns or none, and leaves the reserve alone", () => {
    const table = new SeriesTable(4, []);
    expect(table.takeAll(["a", "b"], 2)).toHaveLength(2);
    expect(table.takeAll(["c"], 2)).toBeNull();
    expect(table.takeAll(["a"], 4)).toHaveLength(1);
    expect(table.takeAll(["c", "d"], 0)).toHaveLength(2);
    expect(table.takeAll(["e"], 0)).toBeNull();
    expect(table.changes.map(({ key }) => key)).toEqual(["a", "b", "c", "d"]);
  });

  test("tells the file again of what it did not confirm, and not of what was dropped since", () => {
    const table = new SeriesTable(3, ["a", null, "a"]);
    expect(table.columnOf("a")).toBe(0);
    expect(table.freeCount).toBe(2);
    table.takeAll(["b", "c"], 0);
    expect(table.changes).toHaveLength(2);
    table.drop("b");
    expect(table.changes.map(({ key }) => key)).toEqual([null, "c"]);
    table.confirm();
    expect(table.changes).toEqual([]);
  });
});

test("divide() gives nobody more than wanted, and wastes nothing that somebody wants", () => {
  const wanted = fc.array(fc.nat(100), { maxLength: 20 });
  fc.assert(
    fc.property(fc.nat(500), wanted, (total, wishes) => {
      const shares = divide(total, wishes);
      const sum = shares.reduce((all, one) => all + one, 0);
      expect(sum).toBe(
        Math.min(
          total,
          wishes.reduce((all, one) => all + one, 0),
        ),
      );
      shares.forEach((share, at) => expect(share).toBeLessThanOrEqual(wishes[at] as number));
      const unmet = shares.filter((share, at) => share < (wishes[at] as number));
      // Who did not get all that was wanted has no less than anybody else, but for a rounding.
      for (const share of unmet) expect(share).toBeGreaterThanOrEqual(Math.max(...shares) - 1);
    }),
  );
});

test("chooseMembers() prefers the active, and moves nobody for a little", () => {
  const one = (name: string, activity: number, hasColumns = false) => ({
    name,
    activity,
    hasColumns,
  });
  const topics = [one("a", 10, true), one("b", 19), one("c", 25), one("d", 1, true)];
  const groups = [one("g", 0)];
  const demands = [
    { width: 2, members: topics },
    { width: 1, members: groups },
  ];
  const [chosen, others] = chooseMembers(demands, 5);
  expect(chosen?.map(({ name }) => name)).toEqual(["c", "a"]);
  expect(others).toEqual(groups);
});
