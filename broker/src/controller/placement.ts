/**
 * Which brokers hold the replicas of new partitions. Leaders go round the brokers; the other replicas
 * follow on the ring, first on racks that the partition has none on. Each time round, the followers are
 * shifted by one, so that the load of a broker that fails is spread over the others.
 */
import { assert } from "@runnel/kit/assert.ts";

export interface PlacedBroker {
  readonly id: number;
  readonly rack: string | null;
}

export interface PlacementRequest {
  /** At least `replicationFactor`, which is at least 1. */
  readonly brokers: readonly PlacedBroker[];
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Where on the ring to begin: by chance, so that small topics do not all begin at one broker. */
  readonly start: number;
}

/** Broker ids per partition, the leader first. */
export function placeReplicas(request: PlacementRequest): readonly (readonly number[])[] {
  const { brokers, partitionCount, replicationFactor, start } = request;
  assert(
    replicationFactor >= 1 && replicationFactor <= brokers.length,
    `${replicationFactor} replicas on ${brokers.length} brokers`,
  );
  const ring = interleaveRacks(brokers);
  const count = ring.length;
  return Array.from({ length: partitionCount }, (_, index) => {
    const turn = start + index;
    const leader = ring[turn % count] as PlacedBroker;
    const shift = count > 1 ? Math.floor(turn / count) % (count - 1) : 0;
    const others = Array.from({ length: count - 1 }, (_unused, step) => {
      return ring[(turn + 1 + ((shift + step) % (count - 1))) % count] as PlacedBroker;
    });
    return withFollowers(leader, others, replicationFactor);
  });
}

/** The leader, then others in order: those on a rack of their own first. */
function withFollowers(
  leader: PlacedBroker,
  others: readonly PlacedBroker[],
  replicationFactor: number,
): readonly number[] {
  const racks = new Set([leader.rack]);
  const chosen = [leader.id];
  const left: PlacedBroker[] = [];
  for (const broker of others) {
    if (chosen.length === replicationFactor) return chosen;
    if (broker.rack !== null && racks.has(broker.rack)) left.push(broker);
    else {
      racks.add(broker.rack);
      chosen.push(broker.id);
    }
  }
  return [...chosen, ...left.map(({ id }) => id)].slice(0, replicationFactor);
}

/** Brokers by id, one from each rack in turn, so that neighbours on the ring stand apart. */
function interleaveRacks(brokers: readonly PlacedBroker[]): readonly PlacedBroker[] {
  const racks = new Map<string | null, PlacedBroker[]>();
  for (const broker of brokers.toSorted((a, b) => a.id - b.id)) {
    const rack = racks.get(broker.rack);
    if (rack === undefined) racks.set(broker.rack, [broker]);
    else rack.push(broker);
  }
  const ring: PlacedBroker[] = [];
  for (let row = 0; ring.length < brokers.length; row += 1) {
    for (const rack of racks.values()) {
      const broker = rack[row];
      if (broker !== undefined) ring.push(broker);
    }
  }
  return ring;
}
