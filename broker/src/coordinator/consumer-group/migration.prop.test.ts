/**
 * Random histories of a group whose members change their protocol while others stay: each actor is a
 * process that dies and comes back with the other protocol, half of them under an instance id. Clients of
 * the classic protocol give up everything before they join (eager), or what they are told to
 * (cooperative); they read what SyncGroup says, and assign when they lead. Answers to the others are lost;
 * the topic grows. After every event no partition has two readers, in memory is what the log says, and
 * when the faults end all is read.
 */
import { inspect } from "node:util";
import { assert } from "@runnel/kit/assert.ts";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JoinResult } from "../group/events.ts";
import { GroupShard, type GroupShardReply } from "../group/group-shard.ts";
import { emptyUsage } from "../limits.ts";
import type { GroupConfig, LoadedItem } from "../ports.ts";
import { FakeTopics, topicIdOf } from "../testing/fake-topics.ts";
import { DEFAULT_CONFIG } from "../testing/scenario.ts";
import {
  checkAgainstCompacted,
  checkAgainstLog,
  replayLog,
  topicSources,
} from "../testing/state.ts";
import type { ConsumerHeartbeatResult } from "./events.ts";
import { partitionsOf } from "./partitions.ts";

const GROUP = "g";
const TOPIC = "t";
const PARTITIONS = 3;
const PARTITIONS_MAX = 7;
const ACTORS = 4;
/** Checks between two of the log as a compaction would leave it. */
const COMPACTED_EVERY = 11;
const CONFIG: GroupConfig = { ...DEFAULT_CONFIG, initialRebalanceDelayMs: 100 };

/** After these a member of the classic protocol joins anew. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
]);

type Move =
  | { readonly kind: "act"; readonly actor: number; readonly isLost: boolean }
  | { readonly kind: "leave"; readonly actor: number }
  | { readonly kind: "die"; readonly actor: number; readonly isClassic: boolean }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "grow" | "reload" };

const actor = fc.nat(ACTORS - 1);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({ kind: fc.constant("act" as const), actor, isLost: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), actor }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("die" as const), actor, isClassic: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.constantFrom(200, 3_000, 11_000, 50_000),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "grow" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "reload" as const }) },
);

interface Client {
  readonly isClassic: boolean;
  readonly groupInstanceId: string | null;
  /** The next answer does not arrive. */
  isLost: boolean;
  /** An answer did not arrive: it says everything the next time. */
  mustTell: boolean;
  memberId: string;
  /** Member epoch or generation; 0 for none. */
  epoch: number;
  has: Set<number>;
  /** Of the classic protocol: a request that waits for its answer. */
  waiting: "join" | "sync" | null;
  /** What it has to do next. */
  next: "join" | "sync" | "beat";
  /** Members to assign for, where it leads. */
  members: JoinResult["members"];
  lastHeardMs: number;
}

class History {
  readonly #topics = new FakeTopics();
  #shard = this.#newShard();
  readonly #log: LoadedItem[] = [];
  #nowMs = 0;
  #checks = 0;
  #ticket = 0;
  #fresh = 0;
  readonly #tickets = new Map<number, Client>();
  readonly #clients: Client[];

  readonly #isCooperative: boolean;
  #count = PARTITIONS;

  constructor(areClassic: readonly boolean[], isCooperative: boolean) {
    this.#isCooperative = isCooperative;
    this.#topics.add(TOPIC, PARTITIONS);
    this.#clients = areClassic.map((isClassic, at) => this.#newClient(at, isClassic));
  }

  play(one: Move): void {
    switch (one.kind) {
      case "act":
        return this.#act(this.#client(one.actor), one.isLost);
      case "leave":
        return this.#leave(this.#client(one.actor));
      case "die":
        this.#clients[one.actor] = this.#newClient(one.actor, one.isClassic);
        return;
      case "grow":
        this.#count = Math.min(this.#count + 1, PARTITIONS_MAX);
        this.#topics.add(TOPIC, this.#count);
        return;
      case "advance":
        return this.#advance(one.ms);
      case "reload":
        return this.#reload();
    }
  }

  /** Everybody is well from here on; ends when all is read, and stays so. */
  settle(): void {
    for (let round = 0, quiet = 0; quiet < 3; round += 1) {
      assert(round < 200, `never settled: ${inspect(this.#clients, { depth: 4 })}`);
      for (const client of this.#clients) this.#act(client);
      this.#advance(2_000);
      const read = this.#clients.reduce((sum, { has }) => sum + has.size, 0);
      quiet = read === this.#count ? quiet + 1 : 0;
    }
    const group = this.#shard.groups.get(GROUP);
    const isMixed = this.#clients.some(({ isClassic }) => !isClassic);
    assert(((group?.consumer ?? null) !== null) === isMixed, "the protocol follows the members");
  }

  #newShard(): GroupShard {
    return new GroupShard(emptyUsage(), () => CONFIG, topicSources(this.#topics));
  }

  #newClient(at: number, isClassic: boolean): Client {
    this.#fresh += 1;
    return {
      isClassic,
      groupInstanceId: at % 2 === 0 ? null : `i${at}`,
      isLost: false,
      mustTell: true,
      memberId: isClassic ? "" : `k${this.#fresh}`,
      epoch: 0,
      has: new Set(),
      waiting: null,
      next: isClassic ? "join" : "beat",
      members: [],
      lastHeardMs: this.#nowMs,
    };
  }

  #client(at: number): Client {
    const client = this.#clients[at];
    assert(client !== undefined, `no actor ${at}`);
    return client;
  }

  #act(client: Client, isLost = false): void {
    client.isLost = isLost && !client.isClassic;
    if (!client.isClassic) this.#beat(client);
    else if (client.waiting !== null) return;
    else if (client.next === "join") this.#join(client);
    else if (client.next === "sync") this.#sync(client);
    else {
      const { memberId, epoch: generationId, groupInstanceId } = client;
      const event = { kind: "heartbeat", memberId, groupInstanceId, generationId } as const;
      this.#ask(client, event);
    }
  }

  #beat(client: Client): void {
    const isJoin = client.epoch === 0;
    this.#ask(client, {
      kind: "consumer-heartbeat",
      memberId: client.memberId,
      memberEpoch: client.epoch,
      groupInstanceId: client.groupInstanceId,
      rackId: null,
      rebalanceTimeoutMs: isJoin || client.mustTell ? 20_000 : -1,
      topicNames: isJoin || client.mustTell ? [TOPIC] : null,
      topicRegex: null,
      serverAssignor: null,
      reported: isJoin ? new Map() : partitionsOf([[topicIdOf(TOPIC), [...client.has]]]),
      clientId: "c",
      clientHost: "/h",
      mayDescribe: () => true,
    });
  }

  #join(client: Client): void {
    if (!this.#isCooperative) client.has = new Set();
    this.#fresh += 1;
    client.waiting = "join";
    const ownedPartitions = [{ topic: TOPIC, partitions: [...client.has].sort((a, b) => a - b) }];
    const subscription = { topics: [TOPIC], ownedPartitions, generationId: client.epoch };
    const metadata = encodeSubscription(subscription, 2);
    this.#ask(client, {
      kind: "join",
      memberId: client.memberId,
      groupInstanceId: client.groupInstanceId,
      freshMemberId: `c${this.#fresh}`,
      clientId: "c",
      clientHost: "/h",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata }],
      needsKnownMemberId: this.#fresh % 2 === 0,
      canSkipAssignment: true,
    });
  }

  #sync(client: Client): void {
    const { members, memberId, epoch: generationId } = client;
    const owners = ownersOf(members);
    const assignments = members.map((member, at): [string, Uint8Array] => {
      const partitions = Array.from({ length: this.#count }, (_, one) => one).filter((one) => {
        if (one % members.length !== at) return false;
        // Cooperative: what another one still has goes to nobody yet.
        const owner = owners.get(one)?.memberId ?? member.memberId;
        return !this.#isCooperative || owner === member.memberId;
      });
      const assignedPartitions = [{ topic: TOPIC, partitions }];
      return [member.memberId, encodeAssignment({ assignedPartitions }, 1)];
    });
    client.waiting = "sync";
    this.#ask(client, {
      kind: "sync",
      memberId,
      groupInstanceId: client.groupInstanceId,
      generationId,
      protocolType: "consumer",
      protocolName: "range",
      assignments: new Map(assignments),
    });
  }

  #leave(client: Client): void {
    const { memberId, isClassic } = client;
    if (memberId === "" || client.epoch === 0 || client.waiting !== null) return;
    this.#forget(client);
    const { groupInstanceId } = client;
    if (isClassic) {
      this.#ask(client, { kind: "leave", members: [{ memberId, groupInstanceId }] });
    } else {
      this.#ask(client, {
        kind: "consumer-heartbeat",
        memberId,
        memberEpoch: groupInstanceId === null ? -1 : -2,
        groupInstanceId,
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
    }
  }

  #ask(client: Client, event: object): void {
    this.#ticket += 1;
    this.#tickets.set(this.#ticket, client);
    const request = { ...event, ticket: this.#ticket, groupId: GROUP };
    this.#submit(request as Parameters<GroupShard["step"]>[0]);
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
    this.#check();
  }

  #take(reply: GroupShardReply): void {
    const client = this.#tickets.get(reply.ticket);
    this.#tickets.delete(reply.ticket);
    assert(client !== undefined, `an answer to ${reply.ticket}, which does not wait`);
    client.waiting = null;
    client.lastHeardMs = this.#nowMs;
    switch (reply.kind) {
      case "join":
        return this.#onJoin(client, reply.result);
      case "sync": {
        const { errorCode, assignment } = reply.result;
        if (errorCode !== ErrorCode.NONE) return this.#rejoin(client, errorCode);
        const places =
          assignment.length === 0 ? [] : decodeAssignment(assignment).assignedPartitions;
        const given = new Set(places.flatMap(({ partitions }) => partitions));
        const gives = this.#isCooperative && [...client.has].some((one) => !given.has(one));
        client.has = given;
        client.next = gives ? "join" : "beat";
        return;
      }
      case "heartbeat":
        if (reply.result.errorCode !== ErrorCode.NONE) this.#rejoin(client, reply.result.errorCode);
        return;
      case "consumer-heartbeat":
        return this.#onBeat(client, reply.result);
      default:
        return;
    }
  }

  #onJoin(client: Client, result: JoinResult): void {
    const { errorCode, memberId, generationId, members } = result;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      client.memberId = memberId;
      return;
    }
    if (errorCode !== ErrorCode.NONE) return this.#rejoin(client, errorCode);
    client.memberId = memberId;
    client.epoch = generationId;
    client.members = members;
    client.next = "sync";
  }

  #rejoin(client: Client, errorCode: ErrorCode): void {
    client.next = "join";
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) {
      if (!this.#isCooperative) client.has = new Set();
      return;
    }
    client.has = new Set();
    client.epoch = 0;
    if (errorCode !== ErrorCode.ILLEGAL_GENERATION) client.memberId = "";
    assert(REFUSALS.has(errorCode), `answered ${errorCode}`);
  }

  #onBeat(client: Client, { errorCode, memberEpoch, assignment }: ConsumerHeartbeatResult): void {
    if (memberEpoch < 0) return;
    if (client.isLost) {
      client.mustTell = true;
      client.isLost = false;
      return;
    }
    client.mustTell = false;
    if (errorCode !== ErrorCode.NONE) return this.#forget(client);
    client.epoch = memberEpoch;
    if (assignment !== null) client.has = new Set(assignment.get(topicIdOf(TOPIC)));
  }

  #forget(client: Client): void {
    client.epoch = 0;
    client.has = new Set();
    client.next = client.isClassic ? "join" : "beat";
    if (client.isClassic) client.memberId = "";
  }

  #advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (let ticks = 0; ; ticks += 1) {
      const wakeMs = this.#shard.groups.get(GROUP)?.wakeMs ?? Number.POSITIVE_INFINITY;
      if (wakeMs > until) break;
      assert(ticks < 1_000, "ticks without end");
      this.#nowMs = Math.max(this.#nowMs, wakeMs);
      this.#stopSilentClients();
      this.#submit({ kind: "tick", groupId: GROUP, isLate: false });
    }
    this.#nowMs = until;
    this.#stopSilentClients();
  }

  /** Who hears nothing for a while stops reading by itself; one that waits for an answer reads nothing. */
  #stopSilentClients(): void {
    for (const client of this.#clients) {
      if (this.#nowMs - client.lastHeardMs < 10_000 || client.waiting !== null) continue;
      this.#forget(client);
    }
  }

  #reload(): void {
    this.#shard.close();
    this.#shard = replayLog(this.#log, CONFIG, topicSources(this.#topics));
    this.#shard.begin({ nowMs: this.#nowMs, wallMs: this.#nowMs });
    // Whoever waited was told that there is no coordinator here.
    for (const client of this.#tickets.values()) {
      client.waiting = null;
      client.next = "join";
    }
    this.#tickets.clear();
    this.#check();
  }

  #check(): void {
    checkAgainstLog(this.#shard, this.#log, CONFIG);
    this.#checks += 1;
    const end = this.#checks % (this.#log.length + 1);
    if (this.#checks % COMPACTED_EVERY === 0) {
      checkAgainstCompacted(this.#shard, this.#log, { end, config: CONFIG });
    }
    const readers = new Map<number, string>();
    for (const { memberId, has } of this.#clients) {
      for (const partition of has) {
        const other = readers.get(partition);
        assert(other === undefined, `${partition} is read by ${other} and ${memberId}`);
        readers.set(partition, memberId);
      }
    }
  }
}

/** Who says that it has a partition, and was there last, by partition. */
function ownersOf(
  members: JoinResult["members"],
): ReadonlyMap<number, { readonly memberId: string; readonly since: number }> {
  const owners = new Map<number, { readonly memberId: string; readonly since: number }>();
  for (const { memberId, metadata } of members) {
    const { ownedPartitions, generationId } = decodeSubscription(metadata);
    const since = generationId ?? -1;
    for (const partition of ownedPartitions.flatMap(({ partitions }) => partitions)) {
      if ((owners.get(partition)?.since ?? -1) < since) owners.set(partition, { memberId, since });
    }
  }
  return owners;
}

test("members of both protocols never read the same partition, and all is read in the end", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: ACTORS, maxLength: ACTORS }),
      fc.array(move, { minLength: 1, maxLength: 50 }),
      fc.boolean(),
      (areClassic, moves, isCooperative) => {
        const history = new History(areClassic, isCooperative);
        for (const one of moves) history.play(one);
        history.settle();
        expect(true).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});
