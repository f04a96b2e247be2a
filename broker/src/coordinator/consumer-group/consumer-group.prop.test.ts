/**
 * Random histories of a group of the consumer protocol, with clients that lose answers, are slow to give
 * partitions up, die and come back. After every event: no partition is with two members, by what the
 * clients have and by what the group thinks; epochs grow; what is in memory is what the log says (T11).
 * And when the faults end, everybody gets to the target, which is all of what they ask for.
 */
import { inspect } from "node:util";
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GroupShard, type GroupShardReply } from "../group/group-shard.ts";
import { emptyUsage, type Usage } from "../limits.ts";
import type { LoadedItem } from "../ports.ts";
import { FakeTopics } from "../testing/fake-topics.ts";
import { DEFAULT_CONFIG } from "../testing/scenario.ts";
import {
  checkAgainstCompacted,
  checkAgainstLog,
  replayLog,
  same,
  topicSources,
} from "../testing/state.ts";
import type { ConsumerHeartbeatResult } from "./events.ts";
import { consumerGroupState } from "./model.ts";
import { countPartitions, type Partitions } from "./partitions.ts";

const GROUP = "g";
const ACTORS = 5;
const TOPICS = ["t", "u", "v"];
/** Checks between two of the log as a compaction would leave it. */
const COMPACTED_EVERY = 11;

type Move =
  | {
      readonly kind: "beat";
      readonly actor: number;
      readonly isLost: boolean;
      /** Whether the client does what it was told before it reports. */
      readonly obeys: boolean;
    }
  | { readonly kind: "subscribe"; readonly actor: number; readonly topics: readonly string[] }
  | { readonly kind: "match"; readonly actor: number; readonly regex: string }
  | { readonly kind: "leave" | "away" | "die"; readonly actor: number }
  | { readonly kind: "topic"; readonly topic: string; readonly count: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "reload" | "pause" };

const actor = fc.nat(ACTORS - 1);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant("beat" as const),
      actor,
      isLost: fc.boolean(),
      obeys: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("subscribe" as const),
      actor,
      topics: fc.subarray(TOPICS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("match" as const),
      actor,
      regex: fc.constantFrom("", "t|u", ".*", "[vw]"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("leave" as const, "away" as const, "die" as const),
      actor,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("topic" as const),
      topic: fc.constantFrom(...TOPICS),
      count: fc.nat(5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.constantFrom(1_000, 12_000, 46_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("reload" as const, "pause" as const) }),
  },
);

/** A client as the protocol wants it: full requests after lost answers, everything dropped when fenced. */
interface Client {
  memberId: string;
  readonly groupInstanceId: string | null;
  epoch: number;
  topics: readonly string[];
  regex: string;
  /** What it reads from now. */
  has: Map<string, Set<number>>;
  /** What it was told to read; null for nothing new. */
  told: Partitions | null;
  /** An answer was lost: it says everything the next time. */
  mustTell: boolean;
  /** It asks for something else than the last time. */
  isDirty: boolean;
  /** Monotonic ms. */
  lastHeardMs: number;
}

class History {
  readonly topics = new FakeTopics();
  readonly #usage: Usage = emptyUsage();
  #shard = new GroupShard(this.#usage, () => DEFAULT_CONFIG, topicSources(this.topics));
  readonly #log: LoadedItem[] = [];
  #nowMs = 0;
  #checks = 0;
  #ticket = 0;
  #answer: ConsumerHeartbeatResult | null = null;
  #groupEpoch = 0;
  #incarnation = 0;
  readonly clients: Client[] = Array.from({ length: ACTORS }, (_, at) => newClient(at));

  play(one: Move): void {
    switch (one.kind) {
      case "beat":
        return this.beat(this.#client(one.actor), one);
      case "subscribe": {
        const client = this.#client(one.actor);
        client.topics = one.topics;
        client.isDirty = true;
        return;
      }
      case "match": {
        const client = this.#client(one.actor);
        client.regex = one.regex;
        client.isDirty = true;
        return;
      }
      case "leave":
      case "away":
        return this.#leave(this.#client(one.actor), one.kind);
      case "die":
        return this.#die(one.actor);
      case "topic":
        if (one.count === 0) this.topics.remove(one.topic);
        else {
          const known = this.topics.byName(one.topic)?.partitionCount ?? 0;
          this.topics.add(one.topic, Math.max(known, one.count));
        }
        return;
      case "advance":
        return this.#advance(one.ms);
      case "pause":
        this.#nowMs += 100_000;
        for (const client of this.clients) client.lastHeardMs = this.#nowMs;
        return this.#submit({ kind: "tick", groupId: GROUP, isLate: true });
      case "reload":
        return this.#reload();
    }
  }

  beat(client: Client, how: { readonly isLost: boolean; readonly obeys: boolean }): void {
    if (how.obeys) obey(client);
    const isFull = client.epoch === 0 || client.mustTell || client.isDirty;
    this.#ticket += 1;
    this.#answer = null;
    this.#submit({
      kind: "consumer-heartbeat",
      ticket: this.#ticket,
      groupId: GROUP,
      memberId: client.memberId,
      memberEpoch: client.epoch,
      groupInstanceId: client.groupInstanceId,
      rackId: null,
      rebalanceTimeoutMs: isFull ? 20_000 : -1,
      topicNames: isFull ? client.topics : null,
      topicRegex: isFull ? client.regex : null,
      serverAssignor: null,
      reported: client.epoch === 0 ? new Map() : reportOf(client),
      clientId: "c",
      clientHost: "/h",
      mayDescribe: () => true,
    });
    const answer = this.#answer as ConsumerHeartbeatResult | null;
    assert(answer !== null, "a heartbeat is answered at once");
    if (how.isLost) client.mustTell = true;
    else this.#receive(client, answer);
    this.#check();
  }

  /** Everybody is well from here on. */
  settle(): void {
    for (const client of this.clients) client.isDirty = true;
    for (let round = 0; round < 60; round += 1) {
      for (const client of this.clients) this.beat(client, { isLost: false, obeys: true });
      this.#advance(5_000);
      const consumer = this.#shard.groups.get(GROUP)?.consumer ?? null;
      const isIdle = this.clients.every(({ told }) => told === null);
      if (consumer !== null && consumerGroupState(consumer) === "Stable" && isIdle) return;
    }
    assert(
      false,
      `never stable: ${inspect(this.#shard.groups.get(GROUP)?.consumer, { depth: 6 })}`,
    );
  }

  /** All partitions that somebody asks for are read. */
  checkComplete(): void {
    const wanted = new Set<string>();
    for (const { topics, regex } of this.clients) {
      for (const topic of topics) wanted.add(topic);
      const pattern = new RegExp(`^(?:${regex})$`, "u");
      for (const topic of regex === "" ? [] : TOPICS) if (pattern.test(topic)) wanted.add(topic);
    }
    let total = 0;
    for (const topic of wanted) total += this.topics.byName(topic)?.partitionCount ?? 0;
    const read = this.clients.reduce((sum, { has }) => sum + countPartitions(listOf(has)), 0);
    same(read, total, "partitions that are read");
  }

  #client(at: number): Client {
    const client = this.clients[at];
    assert(client !== undefined, `no actor ${at}`);
    return client;
  }

  #receive(client: Client, answer: ConsumerHeartbeatResult): void {
    client.lastHeardMs = this.#nowMs;
    switch (answer.errorCode) {
      case ErrorCode.NONE:
        client.epoch = answer.memberEpoch;
        client.mustTell = false;
        client.isDirty = false;
        if (answer.assignment !== null) client.told = answer.assignment;
        return;
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.GROUP_ID_NOT_FOUND:
        drop(client);
        return;
      default:
        // Its place under the instance id is taken, or not free yet: it starts as somebody new.
        assert(client.groupInstanceId !== null, `answered ${answer.errorCode}`);
        drop(client);
    }
  }

  #leave(client: Client, kind: "leave" | "away"): void {
    if (client.epoch === 0) return;
    drop(client);
    const isAway = kind === "away" && client.groupInstanceId !== null;
    this.#ticket += 1;
    this.#submit({
      kind: "consumer-heartbeat",
      ticket: this.#ticket,
      groupId: GROUP,
      memberId: client.memberId,
      memberEpoch: isAway ? -2 : -1,
      groupInstanceId: client.groupInstanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      topicNames: null,
      topicRegex: null,
      serverAssignor: null,
      reported: null,
      clientId: "c",
      clientHost: "/h",
      mayDescribe: () => true,
    });
    if (isAway) this.#rename(client);
    this.#check();
  }

  /** Its process ends; another one comes under a new member id, and the same instance id if it has one. */
  #die(at: number): void {
    const client = this.#client(at);
    // A dead static member's place is free only when its session is over.
    drop(client);
    this.#rename(client);
  }

  #rename(client: Client): void {
    this.#incarnation += 1;
    client.memberId = `${client.memberId.split(".")[0]}.${this.#incarnation}`;
  }

  #advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const wakeMs = this.#shard.groups.get(GROUP)?.wakeMs ?? Number.POSITIVE_INFINITY;
      if (wakeMs > until) break;
      this.#nowMs = Math.max(this.#nowMs, wakeMs);
      this.#stopSilentClients();
      this.#submit({ kind: "tick", groupId: GROUP, isLate: false });
      this.#check();
      const next = this.#shard.groups.get(GROUP)?.wakeMs ?? Number.POSITIVE_INFINITY;
      assert(next > this.#nowMs, "a tick leaves a deadline behind that has passed");
    }
    this.#nowMs = until;
    this.#stopSilentClients();
  }

  /** A client that heard nothing for its session, or has not revoked in time, stops reading by itself. */
  #stopSilentClients(): void {
    for (const client of this.clients) {
      if (this.#nowMs - client.lastHeardMs >= 20_000) drop(client);
    }
  }

  #submit(event: Parameters<GroupShard["step"]>[0]): void {
    const step = this.#shard.step(event, { nowMs: this.#nowMs, wallMs: this.#nowMs });
    const first = this.#log.length;
    for (const record of step.records) {
      const { key, value } = this.#shard.encode(record);
      const place = { offset: this.#log.length, timestamp: this.#nowMs, producer: null };
      this.#log.push({ kind: "record", key, value, ...place });
    }
    for (const [at, record] of step.records.entries()) this.#shard.replay(record, first + at);
    for (const reply of step.replies) this.#take(reply);
  }

  #take(reply: GroupShardReply): void {
    assert(reply.kind === "consumer-heartbeat", `a reply to ${reply.kind}`);
    this.#answer = reply.result;
  }

  #reload(): void {
    this.#shard.close();
    same(this.#usage, emptyUsage(), "what a closed shard still counts");
    this.#shard = replayLog(this.#log, DEFAULT_CONFIG, topicSources(this.topics), this.#usage);
    this.#shard.begin({ nowMs: this.#nowMs, wallMs: this.#nowMs });
    this.#check();
  }

  #check(): void {
    checkAgainstLog(this.#shard, this.#log, DEFAULT_CONFIG);
    this.#checks += 1;
    const end = this.#checks % (this.#log.length + 1);
    if (this.#checks % COMPACTED_EVERY === 0) {
      checkAgainstCompacted(this.#shard, this.#log, { end, config: DEFAULT_CONFIG });
    }
    this.#checkReaders();
    const group = this.#shard.groups.get(GROUP);
    const consumer = group?.consumer ?? null;
    if (group === undefined || consumer === null) return;
    assert(consumer.groupEpoch >= this.#groupEpoch, "the group epoch went back");
    this.#groupEpoch = consumer.groupEpoch;
    same([...group.sessions.keys()].sort(), [...consumer.members.keys()].sort(), "sessions");
    const owned = new Map<string, string>();
    for (const { memberId, progress } of consumer.members.values()) {
      for (const side of [progress.assigned, progress.pendingRevocation]) {
        for (const [topicId, epochs] of side) {
          for (const partition of epochs.keys()) {
            const place = `${topicId}/${partition}`;
            assert(!owned.has(place), `${place} is with ${owned.get(place)} and ${memberId}`);
            owned.set(place, memberId);
            same(consumer.owners.get(topicId)?.get(partition), memberId, `owner of ${place}`);
          }
        }
      }
    }
    const count = [...consumer.owners.values()].reduce((sum, { size }) => sum + size, 0);
    same(count, owned.size, "owners");
  }

  /** The point of it all. */
  #checkReaders(): void {
    const readers = new Map<string, string>();
    for (const { memberId, has } of this.clients) {
      for (const [topicId, partitions] of has) {
        for (const partition of partitions) {
          const place = `${topicId}/${partition}`;
          assert(!readers.has(place), `${place} is read by ${readers.get(place)} and ${memberId}`);
          readers.set(place, memberId);
        }
      }
    }
  }
}

function newClient(at: number): Client {
  return {
    memberId: `m${at}`,
    groupInstanceId: at % 2 === 0 ? null : `i${at}`,
    epoch: 0,
    topics: ["t"],
    regex: "",
    has: new Map(),
    told: null,
    mustTell: true,
    isDirty: true,
    lastHeardMs: 0,
  };
}

/** It stops reading, and joins again. */
function drop(client: Client): void {
  client.epoch = 0;
  client.has = new Map();
  client.told = null;
}

/** It reads what it was told, and nothing else. */
function obey(client: Client): void {
  if (client.told === null) return;
  client.has = new Map(Array.from(client.told, ([topicId, list]) => [topicId, new Set(list)]));
  client.told = null;
}

/**
 * What it has, and what it was told and may begin to read at any moment: one that only reports what it
 * reads already would let others have what it is about to take.
 */
function reportOf({ has, told }: Client): Partitions {
  const all = new Map(Array.from(has, ([topicId, list]) => [topicId, new Set(list)]));
  for (const [topicId, partitions] of told ?? []) {
    all.set(topicId, new Set([...(all.get(topicId) ?? []), ...partitions]));
  }
  return listOf(all);
}

function listOf(has: ReadonlyMap<string, ReadonlySet<number>>): Partitions {
  return new Map(
    Array.from(has, ([topicId, partitions]) => [topicId, [...partitions].sort((a, b) => a - b)]),
  );
}

test("no partition has two readers, memory is the replay of the log, and all get to the target", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 1, maxLength: 60 }), (moves) => {
      const history = new History();
      history.topics.add("t", 3);
      history.topics.add("u", 2);
      for (const one of moves) history.play(one);
      history.settle();
      history.checkComplete();
      expect(true).toBe(true);
    }),
    { numRuns: 150 },
  );
});
