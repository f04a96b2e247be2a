/**
 * The power goes at every change of the disk while groups move their offsets in transactions, over the real
 * log: what was answered is there afterwards, nothing aborted ever is, and no offset goes back (T11).
 */
import { assert } from "@runnel/kit/assert.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { Rig } from "#log/testing.ts";
import { openInternalTopic } from "#replica/testing.ts";
import { GroupCoordinator, OFFSETS_TOPIC } from "./group-coordinator.ts";
import { FakeTopics } from "./testing/fake-topics.ts";
import { DEFAULT_CONFIG, topicIdOf } from "./testing/scenario.ts";

const GROUPS = ["g", "h"];
const PRODUCERS = [1n, 2n];
const UNSTABLE = "unstable";

/** A group coordinator over a log on `disk`, as after the start of a broker. */
class Broker {
  readonly rig: Rig;
  readonly groups: GroupCoordinator;

  static async start(time: ManualTime, disk: MemoryDisk): Promise<Broker> {
    const rig = await Rig.open({ time, disk });
    const { topic: log } = await openInternalTopic(rig);
    const topics = new FakeTopics();
    topics.add("t", 2);
    topics.add(OFFSETS_TOPIC, 1);
    const groups = new GroupCoordinator({
      log,
      topics,
      gate: { admit: () => Promise.resolve(ErrorCode.NONE) },
      config: () => DEFAULT_CONFIG,
      clock: time,
      scheduler: time,
      random: seededRandom(1),
      logger: silentLogger,
    });
    await rig.run(groups.start());
    return new Broker(rig, groups);
  }

  private constructor(rig: Rig, groups: GroupCoordinator) {
    this.rig = rig;
    this.groups = groups;
  }

  async commit(groupId: string, offset: number, producerId: bigint | null): Promise<boolean> {
    const place = { topic: "t", topicId: topicIdOf("t"), partition: 0 };
    const offsets = [{ ...place, offset, leaderEpoch: 0, metadata: "" }];
    const who = { groupId, memberId: "", groupInstanceId: null, generationId: -1 };
    const input = { ...who, apiVersion: 5, offsets };
    const answer =
      producerId === null
        ? this.groups.commitOffsets({ ...input, retentionTimeMs: -1 })
        : this.groups.commitInTransaction({
            ...input,
            transactionalId: `tx-${producerId}`,
            producer: { producerId, producerEpoch: 0 },
          });
    return (await this.rig.run(answer)).errorCodes[0] === ErrorCode.NONE;
  }

  async end(producerId: bigint, isCommit: boolean): Promise<boolean> {
    const marker = { producerId, producerEpoch: 0, isCommit, coordinatorEpoch: 0 };
    const ending = this.groups.completeTransaction(0, { ...marker, transactionVersion: 1 });
    return (await this.rig.run(ending)) === ErrorCode.NONE;
  }

  async fetch(groupId: string): Promise<number | typeof UNSTABLE> {
    const topics = [{ topic: "t", partitions: [0] }];
    const asked = this.groups.fetchOffsets({ groupId, topics, requireStable: true });
    const found = (await this.rig.run(asked)).topics[0]?.partitions[0];
    assert(found !== undefined, "a fetch that was answered");
    return found.errorCode === ErrorCode.NONE ? (found.value?.offset ?? -1) : UNSTABLE;
  }
}

/** What a client knows of the offsets of one group. */
class Knowledge {
  /** The last that was answered and counts. */
  floor = -1;
  readonly allowed = new Set<number>([-1]);
  /** Of transactions without an answer to their end, and answered themselves. */
  readonly pending = new Map<bigint, number>();
  /** Of transactions whose end may have been written. */
  readonly undecided = new Set<bigint>();
}

type Known = ReadonlyMap<string, Knowledge>;

/** Commits of both kinds and ends, each waited for; offsets grow. */
async function play(broker: Broker, known: Known): Promise<void> {
  let offset = 0;
  const commit = async (groupId: string, producerId: bigint | null): Promise<void> => {
    offset += 1;
    const group = known.get(groupId) as Knowledge;
    if (producerId === null) group.allowed.add(offset);
    else group.undecided.add(producerId);
    const isDone = await broker.commit(groupId, offset, producerId);
    if (isDone && producerId === null) group.floor = offset;
    if (producerId !== null) group.pending.set(producerId, isDone ? offset : -1);
  };
  for (const isCommit of [true, false, true]) {
    for (const groupId of GROUPS) await commit(groupId, 1n);
    await commit("g", null);
    await commit("g", 2n);
    for (const producerId of PRODUCERS) {
      const commits = isCommit === (producerId === 1n);
      await end(broker, known, producerId, commits);
    }
    await commit("h", null);
  }
}

async function end(
  broker: Broker,
  known: Known,
  producerId: bigint,
  isCommit: boolean,
): Promise<void> {
  for (const group of known.values()) {
    const moved = group.pending.get(producerId);
    if (isCommit && moved !== undefined) group.allowed.add(moved);
  }
  const isDone = await broker.end(producerId, isCommit);
  for (const group of known.values()) {
    const moved = group.pending.get(producerId) ?? -1;
    if (!isDone) continue;
    if (isCommit) group.floor = Math.max(group.floor, moved);
    group.pending.delete(producerId);
    group.undecided.delete(producerId);
  }
}

async function check(broker: Broker, known: Known): Promise<void> {
  for (const [groupId, group] of known) {
    const found = await broker.fetch(groupId);
    if (found === UNSTABLE) assert(group.undecided.size > 0, "nothing is open, and it is unstable");
    else {
      assert(found >= group.floor, `${groupId} went back from ${group.floor} to ${found}`);
      assert(group.allowed.has(found), `${groupId} is at ${found}, which was never committed`);
    }
  }
}

const newKnowledge = (): Known => new Map(GROUPS.map((groupId) => [groupId, new Knowledge()]));

async function changesOf(): Promise<readonly [first: number, last: number]> {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const broker = await Broker.start(time, disk);
  const first = disk.changes;
  const known = newKnowledge();
  await play(broker, known);
  await check(broker, known);
  expect([...known.values()].map(({ floor }) => floor)).toEqual([13, 15]);
  return [first + 1, disk.changes];
}

describe("a power cut at every change of the disk", () => {
  test.each([false, true])("with torn tails: %s", async (isTorn) => {
    const [first, last] = await changesOf();
    expect(last - first).toBeGreaterThan(20);
    for (let at = first; at <= last; at += 1) {
      const time = new ManualTime();
      const disk = new MemoryDisk({ clock: time });
      const broker = await Broker.start(time, disk);
      disk.fault = (_operation, _path, n) => (n >= at ? { kind: "halt" } : null);
      const known = newKnowledge();
      await play(broker, known);
      const left = disk.crash(isTorn ? seededRandom(at) : null);
      const next = await Broker.start(time, left);
      await check(next, known);
      for (const producerId of PRODUCERS) await end(next, known, producerId, false);
      await check(next, known);
      const answered = await Promise.all(GROUPS.map((groupId) => next.fetch(groupId)));
      expect(answered).not.toContain(UNSTABLE);
    }
  });
});
