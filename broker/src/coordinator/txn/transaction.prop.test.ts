/**
 * Random histories of one transactional id: producers of both protocols, zombies, late requests, time,
 * administrators who abort, appends that fail, crashes at any point. Partitions keep what their markers say, as leaders do. After
 * every move what is in memory is what the log says; no transaction ever has two outcomes; nothing that
 * was committed is aborted; and in the end nothing hangs.
 */
import { isDeepStrictEqual } from "node:util";
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import { ID, TransactionWorld } from "../testing/transaction-world.ts";
import type { ProducerIdentity } from "./model.ts";
import { decodeRecord } from "./records.ts";
import type { TransactionShard } from "./transaction-shard.ts";

const PRODUCERS = 2;
const PARTITIONS = 3;
const TIMEOUT_MS = 10_000;

type Move =
  | { readonly kind: "init" | "recover"; readonly who: number }
  | { readonly kind: "send"; readonly who: number; readonly partition: number }
  | { readonly kind: "end"; readonly who: number; readonly isCommit: boolean }
  | { readonly kind: "late"; readonly which: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "crash" | "jump" | "abort" }
  | { readonly kind: "append-fault"; readonly fault: "refused" | "unknown" }
  | { readonly kind: "marker-fault"; readonly partition: number };

const who = fc.nat(PRODUCERS - 1);
const partition = fc.nat(PARTITIONS - 1);
const kinds = <K extends string>(...all: K[]) => fc.constantFrom(...all);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kinds("init"), who }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds("recover"), who }) },
  { weight: 12, arbitrary: fc.record({ kind: kinds("send"), who, partition }) },
  { weight: 8, arbitrary: fc.record({ kind: kinds("end"), who, isCommit: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: kinds("late"), which: fc.nat(1000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kinds("advance"), ms: fc.constantFrom(50, 1000, 11_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kinds("crash", "jump", "abort") }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kinds("append-fault"),
      fault: kinds("refused", "unknown"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kinds("marker-fault"), partition }) },
);

/** One transaction as its producer knows it. */
interface Told {
  /** Told that it is committed, or that it is aborted; null while nobody knows. */
  outcome: boolean | null;
  /** Its producer asked for the commit: nobody else can. */
  isCommitAsked: boolean;
  /** What was written, by partition. */
  readonly sent: Set<number>;
  /** Outcomes by partition, as markers had them. */
  readonly ended: Map<number, boolean>;
}

/** What a partition knows of the producer. */
interface Leader {
  epochs: Map<bigint, number>;
  /** The transaction of each producer id that is open here. */
  readonly open: Map<bigint, Told>;
}

interface Producer {
  /** EndTxn v5 and implicit adds, or the classic protocol. */
  readonly isV2: boolean;
  identity: ProducerIdentity | null;
  /** Its last InitProducerId was answered: before that it sends nothing. */
  isReady: boolean;
  transaction: Told | null;
}

class History {
  readonly world = new TransactionWorld();
  readonly #producers: readonly Producer[];
  readonly #leaders: readonly Leader[];
  readonly #transactions: Told[] = [];
  /** Ends that were sent once: the network may deliver them again. */
  readonly #ends: (() => Promise<unknown>)[] = [];
  #isDown: readonly boolean[] = [];
  /** What a partition found wrong: an error there would be taken for one of the disk. */
  #problem: string | null = null;

  constructor(isV2: readonly boolean[]) {
    this.#producers = isV2.map((v2) => ({
      isV2: v2,
      identity: null,
      isReady: false,
      transaction: null,
    }));
    this.#leaders = Array.from({ length: PARTITIONS }, () => ({
      epochs: new Map(),
      open: new Map(),
    }));
    this.world.markers.write = async (marker, partitions) => {
      await Promise.resolve();
      return partitions.map((each) => this.#take(marker, each.partition));
    };
  }

  /** How many transactions there were. */
  async play(moves: readonly Move[]): Promise<number> {
    await this.world.start();
    for (const one of moves) {
      await this.#play(one);
      await this.world.time.settle();
      this.#check();
    }
    this.#isDown = [];
    this.world.log.faultOf = () => null;
    // Longer than the timeout, the pause of a marker and the reload of a shard together.
    await this.world.time.advance(3 * TIMEOUT_MS);
    this.#check();
    const state = (await this.world.state()) ?? "Empty";
    assert(!/Ongoing|Prepare/.test(state), `in the end the state is ${state}`);
    for (const { open } of this.#leaders) assert(open.size === 0, "a transaction hangs");
    assert(this.world.transactions.markersWaiting === 0, "a marker is not written");
    for (const { outcome, sent, ended } of this.#transactions) {
      if (outcome !== null) {
        for (const index of sent) assert(ended.get(index) === outcome, "another outcome than told");
      }
      assert(new Set(ended.values()).size <= 1, "two outcomes");
    }
    return this.#transactions.length;
  }

  async #play(one: Move): Promise<void> {
    const { world } = this;
    switch (one.kind) {
      case "init":
        return await this.#init(this.#producers[one.who] as Producer, null);
      case "recover": {
        const producer = this.#producers[one.who] as Producer;
        return await this.#init(producer, producer.identity);
      }
      case "send":
        return await this.#send(this.#producers[one.who] as Producer, one.partition);
      case "end":
        return await this.#end(this.#producers[one.who] as Producer, one.isCommit);
      case "late":
        await this.#ends[one.which % Math.max(this.#ends.length, 1)]?.();
        return;
      case "advance":
        return await world.time.advance(one.ms);
      case "jump":
        return await world.time.jump(2 * TIMEOUT_MS);
      case "abort": {
        const input = { transactionalId: ID, expectedVersion: null, isValidateOnly: false };
        await world.settled(world.transactions.abort(input));
        await world.settled(world.transactions.describe(ID, true));
        return;
      }
      case "crash":
        // What is under way in the old process goes on for this test, as a request on its way does.
        void world.transactions.close();
        world.restart();
        return await world.start();
      case "append-fault": {
        const next = world.log.appends.length;
        world.log.faultOf = (index) => (index === next ? one.fault : null);
        return;
      }
      case "marker-fault":
        this.#isDown = Array.from({ length: PARTITIONS }, (_, index) => index === one.partition);
    }
  }

  async #init(producer: Producer, expected: ProducerIdentity | null): Promise<void> {
    let found = await this.world.init(expected, TIMEOUT_MS);
    for (let tries = 0; tries < 3 && isBusy(found.errorCode); tries += 1) {
      found = await this.world.init(expected, TIMEOUT_MS);
    }
    producer.transaction = null;
    producer.isReady = found.errorCode === ErrorCode.NONE;
    if (producer.isReady) producer.identity = found;
    else if (found.errorCode === ErrorCode.PRODUCER_FENCED) producer.identity = null;
  }

  /** A batch: the leader asks the coordinator before the first one of a transaction. */
  async #send(producer: Producer, index: number): Promise<void> {
    const { identity, isV2, isReady } = producer;
    const leader = this.#leaders[index] as Leader;
    if (identity === null || !isReady) return;
    const { producerId, producerEpoch } = identity;
    if (!isV2) {
      const errorCode = await this.world.add(identity, index);
      if (errorCode !== ErrorCode.NONE) return this.#fail(producer, errorCode);
    }
    const isOpen = leader.open.has(producerId) && leader.epochs.get(producerId) === producerEpoch;
    if (!isOpen) {
      const { transactions } = this.world;
      const admission = this.world.admission(identity, index, isV2);
      const errorCode = await this.world.settled(transactions.admit(admission));
      if (errorCode !== ErrorCode.NONE) return this.#fail(producer, errorCode);
    }
    if ((leader.epochs.get(producerId) ?? 0) > producerEpoch) {
      return this.#fail(producer, ErrorCode.INVALID_PRODUCER_EPOCH);
    }
    if (producer.transaction === null) {
      producer.transaction = {
        outcome: null,
        isCommitAsked: false,
        sent: new Set(),
        ended: new Map(),
      };
      this.#transactions.push(producer.transaction);
    }
    const other = leader.open.get(producerId);
    // Two processes with one identity do not exist: an epoch is given once.
    assert(other === undefined || other === producer.transaction, "two write as one");
    leader.epochs.set(producerId, producerEpoch);
    leader.open.set(producerId, producer.transaction);
    producer.transaction.sent.add(index);
  }

  #fail(producer: Producer, errorCode: ErrorCode): void {
    const isFatal =
      errorCode === ErrorCode.PRODUCER_FENCED ||
      errorCode === ErrorCode.INVALID_PRODUCER_EPOCH ||
      errorCode === ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    if (!isFatal) return;
    producer.identity = null;
    producer.transaction = null;
  }

  /** Sent again until it is answered, as clients do. */
  async #end(producer: Producer, isCommit: boolean): Promise<void> {
    const { identity, isV2, transaction } = producer;
    if (identity === null || transaction === null) return;
    const { world } = this;
    if (isCommit) transaction.isCommitAsked = true;
    const send = async () => {
      if (isV2) return await world.endWithBump(identity, isCommit);
      return { ...identity, errorCode: await world.end(identity, isCommit) };
    };
    for (let tries = 0; tries < 5; tries += 1) {
      const answer = await send();
      if (isBusy(answer.errorCode)) continue;
      producer.transaction = null;
      if (answer.errorCode === ErrorCode.NONE) {
        transaction.outcome = isCommit;
        producer.identity = answer;
      } else producer.identity = null;
      // A late frame of the classic protocol can end the next transaction: it has the same epoch.
      if (isV2) this.#ends.push(send);
      return;
    }
    producer.identity = null;
    producer.transaction = null;
  }

  #take(marker: TransactionMarker, index: number): ErrorCode {
    if (this.#isDown[index] === true) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const leader = this.#leaders[index] as Leader;
    const { producerId, producerEpoch, isCommit, transactionVersion } = marker;
    const known = leader.epochs.get(producerId);
    const open = leader.open.get(producerId);
    const isStale =
      known !== undefined &&
      (producerEpoch < known ||
        (transactionVersion === 2 && producerEpoch === known && open !== undefined));
    this.#expect(!isStale, `a marker of epoch ${producerEpoch} behind epoch ${known}`);
    leader.epochs.set(producerId, producerEpoch);
    leader.open.delete(producerId);
    if (open === undefined) return ErrorCode.NONE;
    this.#expect(!open.ended.has(index), "a transaction ended twice");
    this.#expect(!isCommit || open.isCommitAsked, "committed, and nobody asked for it");
    open.ended.set(index, isCommit);
    return ErrorCode.NONE;
  }

  #expect(isAsExpected: boolean, problem: string): void {
    if (!isAsExpected) this.#problem ??= problem;
  }

  #check(): void {
    assert(this.#problem === null, this.#problem ?? "");
    const shell = this.world.transactions.shards[0];
    if (shell?.state !== "active") return;
    const live = shell.machine as TransactionShard;
    const records = (this.world.log.partitions[0] ?? []).flatMap((item) =>
      item.kind === "record" ? [decodeRecord(item)] : [],
    );
    const value = live.transactions.get(ID)?.value ?? null;
    const logged = records.at(-1)?.value ?? null;
    assert(isDeepStrictEqual(value, logged), "memory is not what the log says (T11)");
  }
}

/** Answers after which a client asks again. */
function isBusy(errorCode: ErrorCode): boolean {
  return (
    errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ||
    errorCode === ErrorCode.CONCURRENT_TRANSACTIONS
  );
}

test("a transaction has one outcome, whatever happens", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: PRODUCERS, maxLength: PRODUCERS }),
      fc.array(move, { minLength: 20, maxLength: 80, size: "max" }),
      async (isV2, moves) => {
        count += await new History(isV2).play(moves);
      },
    ),
    { numRuns: 600 },
  );
  expect(count).toBeGreaterThan(600);
});
