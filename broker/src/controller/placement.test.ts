import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PlacedBroker, placeReplicas } from "./placement.ts";

const brokers = (count: number, racks: readonly (string | null)[] = [null]): PlacedBroker[] =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, rack: racks[i % racks.length] ?? null }));

describe("placeReplicas()", () => {
  it("goes round the brokers with the leaders", () => {
    const placed = placeReplicas({
      brokers: brokers(3),
      partitionCount: 6,
      replicationFactor: 2,
      start: 1,
    });
    expect(placed).toEqual([
      [2, 3],
      [3, 1],
      [1, 3],
      [2, 1],
      [3, 2],
      [1, 2],
    ]);
  });

  it("puts everything on the one broker of a small cluster", () => {
    const request = { brokers: brokers(1), partitionCount: 2, replicationFactor: 1, start: 0 };
    expect(placeReplicas(request)).toEqual([[1], [1]]);
  });

  it("gives every partition distinct brokers, as evenly as can be, on as many racks as can be", () => {
    const request = fc
      .record({
        count: fc.integer({ min: 1, max: 12 }),
        rackCount: fc.integer({ min: 1, max: 4 }),
        partitionCount: fc.integer({ min: 1, max: 60 }),
        start: fc.nat(100),
        wanted: fc.integer({ min: 1, max: 5 }),
      })
      .map((r) => ({ ...r, replicationFactor: Math.min(r.wanted, r.count) }));
    fc.assert(
      fc.property(request, ({ count, rackCount, partitionCount, start, replicationFactor }) => {
        const racks = Array.from({ length: rackCount }, (_, i) => `r${i}`);
        const all = brokers(count, racks);
        const rackOf = new Map(all.map(({ id, rack }) => [id, rack]));
        const placed = placeReplicas({ brokers: all, partitionCount, start, replicationFactor });
        expect(placed).toHaveLength(partitionCount);
        const leads = new Map<number, number>();
        for (const replicas of placed) {
          expect(new Set(replicas).size).toBe(replicationFactor);
          const spread = new Set(replicas.map((id) => rackOf.get(id))).size;
          expect(spread).toBe(Math.min(replicationFactor, rackCount, count));
          leads.set(replicas[0] ?? -1, (leads.get(replicas[0] ?? -1) ?? 0) + 1);
        }
        const loads = all.map(({ id }) => leads.get(id) ?? 0);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("spreads what a broker follows over the others", () => {
    const placed = placeReplicas({
      brokers: brokers(4),
      partitionCount: 12,
      replicationFactor: 2,
      start: 0,
    });
    const followersOfOne = placed
      .filter(([leader]) => leader === 1)
      .map(([, follower]) => follower);
    expect(new Set(followersOfOne)).toEqual(new Set([2, 3, 4]));
  });
});
