import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitByTime, WAVE_SPAN_MS } from "./time-waves.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_777_636_800_000;

interface Item {
  readonly partition: number;
  readonly timestamp: number | null;
  readonly place: number;
}

const split = (items: readonly Item[]): readonly (readonly Item[])[] =>
  splitByTime(items, NOW_MS, (item) => item);

describe("splitByTime()", () => {
  it("keeps together what is close, whatever other partitions hold", () => {
    const items = [
      { partition: 0, timestamp: null, place: 0 },
      { partition: 1, timestamp: 0, place: 1 },
      { partition: 0, timestamp: NOW_MS - WAVE_SPAN_MS, place: 2 },
      { partition: 1, timestamp: WAVE_SPAN_MS, place: 3 },
    ];
    expect(split(items)).toEqual([items]);
    expect(split([])).toEqual([]);
  });

  it("lets wait what is far away, and only that", () => {
    const items = [
      { partition: 0, timestamp: NOW_MS - 200 * DAY_MS, place: 0 },
      { partition: 0, timestamp: null, place: 1 },
      { partition: 1, timestamp: null, place: 2 },
      { partition: 0, timestamp: NOW_MS + 1, place: 3 },
    ];
    const [old, late, other, next] = items;
    expect(split(items)).toEqual([
      [old, other],
      [late, next],
    ]);
  });

  it("loses none, keeps each partition in order, and no batch spans too much", () => {
    const item = fc.record({
      partition: fc.nat(2),
      timestamp: fc.option(fc.nat(2 * NOW_MS)),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (made) => {
        const items = made.map((each, place) => ({ ...each, place }));
        const waves = split(items);
        for (const partition of [0, 1, 2]) {
          const isOurs = (each: Item): boolean => each.partition === partition;
          expect(waves.flat().filter(isOurs)).toEqual(items.filter(isOurs));
          for (const wave of waves) {
            const times = wave.filter(isOurs).map(({ timestamp }) => timestamp ?? NOW_MS);
            const [first = 0] = times;
            for (const time of times)
              expect(Math.abs(time - first)).toBeLessThanOrEqual(WAVE_SPAN_MS);
          }
        }
        expect(waves.every((wave) => wave.length > 0)).toBe(true);
      }),
    );
  });
});
