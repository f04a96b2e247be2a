/**
 * Random histories of transactions over the offsets of groups, against a model that knows nothing but the
 * order of the log. After every event: what is visible is the latest that was committed, by a commit or by
 * the end of a transaction; it never goes back; nothing of an aborted transaction is ever seen; who asks
 * for stable offsets learns of every open transaction; and memory is the replay of the log, compacted or
 * not (T11).
 */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyUsage, type Usage } from "../limits.ts";
import type { LoadedItem } from "../ports.ts";
import { replayParts, StepBatch } from "../runtime/step-batch.ts";
import { appendItems, compacted, endOf } from "../testing/memory-log.ts";
import { DEFAULT_CONFIG, topicIdOf } from "../testing/scenario.ts";
import { checkAgainstLog, NO_TOPICS, replayItem, same } from "../testing/state.ts";
import type { OffsetToCommit, TransactionCommitEvent } from "./events.ts";
import { GroupShard, type GroupShardEvent, type GroupShardReply } from "./group-shard.ts";
import type { GroupRecord } from "./records.ts";

const GROUPS = ["g", "h"];
const TOPICS = ["t", "u"];
const PARTITIONS = [0, 1];
const PRODUCERS = 3;

const groupId = fc.constantFrom(...GROUPS);
const producer = fc.nat(PRODUCERS - 1);
const places = fc.subarray(
  TOPICS.flatMap((topic) => PARTITIONS.map((partition) => ({ topic, partition }))),
  { minLength: 1 },
);

const move = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("txn-commit" as const),
      groupId,
      producer,
      places,
      isHeld: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("go" as const), producer }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("end" as const), producer, isCommit: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("commit" as const), groupId, places }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("delete-offsets" as const), groupId, places }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("compact" as const), isLate: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("delete" as const, "expire-offsets" as const, "reload" as const),
      groupId,
    }),
  },
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

/** What the log says, by its order alone. */
interface Entry {
  readonly groupId: string;
  readonly place: string;
  /** Null for a removal. */
  readonly offset: number | null;
  readonly producerId: bigint | null;
}
interface End {
  readonly producerId: bigint;
  readonly isCommit: boolean;
}

class Model {
  readonly #log: (Entry | End)[] = [];

  add(item: Entry | End): void {
    this.#log.push(item);
  }

  /** What a partition's offset is, and whether a transaction that is open may move it. */
  at(groupId: string, place: string): { readonly offset: number; readonly isUnstable: boolean } {
    let [offset, isUnstable] = [-1, false];
    for (const [index, item] of this.#log.entries()) {
      if (!("place" in item) || item.groupId !== groupId || item.place !== place) continue;
      if (item.offset === null) [offset, isUnstable] = [-1, false];
      else {
        const end = item.producerId === null ? "committed" : this.#endOf(item.producerId, index);
        if (end === "committed") offset = item.offset;
        else if (end === "open") isUnstable = true;
      }
    }
    return { offset, isUnstable };
  }

  #endOf(producerId: bigint, from: number): "open" | "committed" | "aborted" {
    const end = this.#log
      .slice(from)
      .find((item): item is End => "isCommit" in item && item.producerId === producerId);
    return end === undefined ? "open" : end.isCommit ? "committed" : "aborted";
  }
}

class History {
  readonly #usage: Usage = emptyUsage();
  #shard = new GroupShard(this.#usage, () => DEFAULT_CONFIG, NO_TOPICS);
  #log: LoadedItem[] = [];
  readonly #model = new Model();
  readonly #held = new Map<bigint, TransactionCommitEvent>();
  readonly #highest = new Map<string, number>();
  #ticket = 0;

  play(move: Move): void {
    this.#ticket += 1;
    const ticket = this.#ticket;
    switch (move.kind) {
      case "txn-commit":
        this.#transactionCommit(move);
        break;
      case "go": {
        const held = this.#held.get(BigInt(move.producer));
        this.#held.delete(BigInt(move.producer));
        if (held === undefined) break;
        const offsets = held.offsets.map((entry) => ({ ...entry, offset: ticket }));
        this.#submit({ ...held, offsets });
        break;
      }
      case "end": {
        const marker = { producerId: BigInt(move.producer), isCommit: move.isCommit };
        const rest = { producerEpoch: 0, coordinatorEpoch: 0, transactionVersion: 1 };
        this.#submit({ kind: "end-transaction", ticket, marker: { ...marker, ...rest } });
        break;
      }
      case "commit":
        this.#submit({
          ...this.#commit(move),
          kind: "commit",
          retentionTimeMs: -1,
          hasMemberEpoch: true,
        });
        break;
      case "delete-offsets": {
        const topics = move.places.map(({ topic, partition }) => ({
          topic,
          partitions: [partition],
        }));
        this.#submit({ ...move, ticket, topics, isValidateOnly: false });
        break;
      }
      case "delete":
        this.#submit({ kind: "delete", groupId: move.groupId, ticket, isValidateOnly: false });
        break;
      case "compact":
        this.#log = compacted(this.#log, move.isLate);
        break;
      case "expire-offsets":
        this.#submit({ kind: "expire-offsets", groupId: move.groupId });
        break;
      default:
        this.#reload();
    }
    this.#check();
  }

  /** Every transaction ends, and every group is deleted. Returns what is counted then. */
  end(): Usage {
    for (let producer = 0; producer < PRODUCERS; producer += 1) {
      this.play({ kind: "end", producer, isCommit: producer === 0 });
    }
    for (const groupId of GROUPS) this.play({ kind: "delete", groupId });
    return this.#usage;
  }

  #commit(move: { readonly groupId: string; readonly places: readonly Place[] }) {
    return {
      ticket: this.#ticket,
      groupId: move.groupId,
      memberId: "",
      groupInstanceId: null,
      generationId: -1,
      missingGroupError: ErrorCode.ILLEGAL_GENERATION,
      // Offsets grow with the order of the log, so that a regression shows.
      offsets: move.places.map((place): OffsetToCommit => {
        const topicId = topicIdOf(place.topic);
        return { ...place, topicId, offset: this.#ticket, leaderEpoch: 0, metadata: "xy" };
      }),
    };
  }

  #transactionCommit(move: Move & { readonly kind: "txn-commit" }): void {
    const event: TransactionCommitEvent = {
      ...this.#commit(move),
      kind: "transaction-commit",
      producer: { producerId: BigInt(move.producer), producerEpoch: 0 },
      admission: null,
    };
    const replies = this.#submit(event);
    const [reply] = replies;
    assert(reply?.kind === "transaction-commit", "an answer");
    const { admission } = reply.result;
    if (admission === null) return;
    // One held commit per producer: whoever is replaced gives up.
    this.#held.get(admission.producerId)?.admission?.withdraw();
    this.#held.delete(admission.producerId);
    if (move.isHeld) this.#held.set(admission.producerId, { ...event, admission });
    else this.#submit({ ...event, admission });
  }

  #submit(event: GroupShardEvent): readonly GroupShardReply[] {
    const step = this.#shard.step(event, { nowMs: 0, wallMs: 0 });
    const batch = new StepBatch<GroupRecord, GroupShardReply>((one) => this.#shard.encode(one));
    batch.add(step, { key: this.#shard.keyOf(event), isMergeable: false });
    for (const record of step.records) this.#tell(record);
    if (step.marker !== undefined) this.#model.add(step.marker);
    const outcomes = batch.parts.map((part) => {
      const baseOffset = endOf(this.#log);
      appendItems(this.#log, part.batch, 0);
      return { errorCode: ErrorCode.NONE, baseOffset };
    });
    replayParts(this.#shard, batch.parts, outcomes);
    return step.replies;
  }

  #tell(record: GroupRecord): void {
    if (record.kind !== "offset" && record.kind !== "pending-offset") return;
    const { groupId, topic, partition, value } = record;
    const place = `${topic}/${partition}`;
    const producerId = record.kind === "pending-offset" ? record.producer.producerId : null;
    this.#model.add({ groupId, place, offset: value?.offset ?? null, producerId });
    if (value === null) this.#highest.delete(groupId + place);
  }

  #reload(): void {
    this.#shard.close();
    same(this.#usage, emptyUsage(), "usage of a shard that is closed");
    this.#shard = replayInto(this.#usage, this.#log);
    this.#shard.begin({ nowMs: 0, wallMs: 0 });
  }

  #check(): void {
    checkAgainstLog(this.#shard, this.#log, DEFAULT_CONFIG);
    const topics = TOPICS.map((topic) => ({ topic, partitions: PARTITIONS }));
    for (const groupId of GROUPS) {
      const request = { kind: "fetch-offsets", ticket: 0, groupId, topics } as const;
      const plain = this.#fetch({ ...request, requireStable: false });
      const stable = this.#fetch({ ...request, requireStable: true });
      for (const [place, found] of plain) {
        const { offset, isUnstable } = this.#model.at(groupId, place);
        same(found, offset, `${groupId} ${place}`);
        same(stable.get(place), isUnstable ? "unstable" : offset, `stable ${groupId} ${place}`);
        assert(typeof found === "number", "a plain fetch is never unstable");
        const highest = this.#highest.get(groupId + place) ?? -1;
        assert(found >= highest, `${groupId} ${place} went back from ${highest} to ${found}`);
        this.#highest.set(groupId + place, found);
      }
    }
  }

  #fetch(event: GroupShardEvent): ReadonlyMap<string, number | string> {
    const [reply] = this.#shard.step(event, { nowMs: 0, wallMs: 0 }).replies;
    assert(reply?.kind === "fetch-offsets", "an answer");
    return new Map(
      reply.result.topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, value, errorCode }) => [
          `${topic}/${partition}`,
          errorCode === ErrorCode.NONE ? (value?.offset ?? -1) : "unstable",
        ]),
      ),
    );
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

function replayInto(usage: Usage, log: readonly LoadedItem[]): GroupShard {
  const shard = new GroupShard(usage, () => DEFAULT_CONFIG, NO_TOPICS);
  for (const item of log) replayItem(shard, item);
  return shard;
}

test("T11: offsets of transactions are what the log says, never go back, and never were aborted", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 1, maxLength: 60 }), (moves) => {
      const history = new History();
      for (const each of moves) history.play(each);
      expect(history.end()).toEqual(emptyUsage());
    }),
    { numRuns: 1000 },
  );
});
