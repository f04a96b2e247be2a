import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSnapshot } from "./producer-snapshot.ts";
import { OPEN_TRANSACTIONS_MAX, ProducerState } from "./producer-state.ts";
import { snapshotOf } from "./testing.ts";
import {
  type AbortedTransaction,
  decodeTransactionIndex,
  encodeTransactionIndex,
} from "./transaction-index.ts";

const TRANSACTIONAL = 0b1_0000;

function batch(
  producerId: bigint,
  epoch: number,
  baseSequence: number,
  attributes = TRANSACTIONAL,
) {
  const fields = { producerId, producerEpoch: epoch, baseSequence, attributes };
  return { ...fields, lastOffsetDelta: 0, maxTimestamp: 1000 };
}

const marker = (producerId: bigint, producerEpoch: number, isCommit: boolean) => ({
  producerId,
  producerEpoch,
  isCommit,
  coordinatorEpoch: 3,
});

const steps = fc.array(
  fc.record({
    id: fc.bigInt({ min: 1n, max: 4n }),
    what: fc.constantFrom("send", "send", "plain", "commit", "abort", "snapshot", "replicate"),
    /** Transactions V2: the marker bears the next epoch. */
    isV2: fc.boolean(),
  }),
  { maxLength: 80 },
);

/** The whole log, read anew for each question. */
interface Entry {
  readonly id: bigint;
  readonly what: "send" | "plain" | "commit" | "abort";
}

function modelOf(log: readonly Entry[], highWatermark: number) {
  const open = new Map<bigint, number>();
  const unsettled: number[] = [];
  const aborted: Omit<AbortedTransaction, "lastStableOffset">[] = [];
  for (const [offset, { id, what }] of log.entries()) {
    if (what === "plain") continue;
    const firstOffset = open.get(id);
    if (what === "send") open.set(id, firstOffset ?? offset);
    else if (firstOffset !== undefined) {
      open.delete(id);
      if (offset >= highWatermark) unsettled.push(firstOffset);
      if (what === "abort") aborted.push({ producerId: id, firstOffset, lastOffset: offset });
    }
  }
  const undecided = Math.min(...open.values(), ...unsettled);
  return { aborted, firstUndecided: Number.isFinite(undecided) ? undecided : null };
}

interface Producer {
  epoch: number;
  next: number;
  isInTransaction: boolean;
}

/** The state under test, with what is known of each producer. */
class Story {
  state = new ProducerState();
  aborted: readonly AbortedTransaction[] = [];
  readonly log: Entry[] = [];
  highWatermark = 0;
  readonly producers = new Map(
    [1n, 2n, 3n, 4n].map((id): [bigint, Producer] => [
      id,
      { epoch: 0, next: 0, isInTransaction: false },
    ]),
  );

  replicate(): void {
    this.highWatermark = this.log.length;
    this.state.transactions.settle(this.highWatermark);
  }

  restart(): void {
    this.replicate();
    const { state: producers, aborted, log } = this;
    const { bytes } = snapshotOf({ producers, aborted }, log.length);
    const snapshot = decodeSnapshot(bytes, log.length);
    this.state = snapshot.producers;
    this.aborted = snapshot.aborted;
  }

  /** Whether the batch was refused. */
  send(id: bigint, what: "send" | "plain"): boolean {
    const producer = this.producers.get(id) as Producer;
    const attributes = what === "send" ? TRANSACTIONAL : 0;
    const header = batch(id, producer.epoch, producer.next, attributes);
    const check = this.state.check(header);
    if (check.kind === "refused") return check.errorCode === ErrorCode.INVALID_TXN_STATE;
    this.state.update(header, this.log.length);
    this.log.push({ id, what });
    producer.next += 1;
    producer.isInTransaction = what === "send";
    return false;
  }

  /** Whether the marker was refused. */
  end(id: bigint, what: "commit" | "abort", isV2: boolean): boolean {
    const producer = this.producers.get(id) as Producer;
    if (isV2) {
      producer.epoch += 1;
      producer.next = 0;
    }
    const end = marker(id, producer.epoch, what === "commit");
    const isRefused = this.state.checkMarker({ ...end, transactionVersion: isV2 ? 2 : 1 }) !== null;
    const found = this.state.endTransaction(end, { offset: this.log.length, timestamp: 1 });
    if (found !== null) this.aborted = [...this.aborted, found];
    this.log.push({ id, what });
    producer.isInTransaction = false;
    return isRefused;
  }
}

test("open transactions and aborted ones are those of the whole log, after snapshots too", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const story = new Story();
      for (const { id, what, isV2 } of all) {
        const mustRefuse = what === "plain" && story.producers.get(id)?.isInTransaction === true;
        let isRefused = false;
        if (what === "replicate") story.replicate();
        else if (what === "snapshot") story.restart();
        else if (what === "send" || what === "plain") isRefused = story.send(id, what);
        else isRefused = story.end(id, what, isV2);
        expect(isRefused).toBe(mustRefuse);
        const model = modelOf(story.log, story.highWatermark);
        expect(story.state.transactions.firstUndecided).toBe(model.firstUndecided);
        expect(story.aborted).toMatchObject(model.aborted);
      }
    }),
    { numRuns: 500 },
  );
});

test("checkMarker() fences coordinators and epochs, and lets a repeated marker of V2 pass", () => {
  const state = new ProducerState();
  const check = (epoch: number, transactionVersion: number, coordinatorEpoch = 3) =>
    state.checkMarker({ ...marker(1n, epoch, true), transactionVersion, coordinatorEpoch })
      ?.errorCode ?? ErrorCode.NONE;
  state.update(batch(1n, 5, 0), 0);
  expect(check(4, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
  expect(check(5, 1)).toBe(ErrorCode.NONE);
  expect(check(5, 2)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
  expect(check(6, 2)).toBe(ErrorCode.NONE);
  state.endTransaction(marker(1n, 6, true), { offset: 1, timestamp: 1 });
  expect(check(6, 2)).toBe(ErrorCode.NONE);
  expect(check(6, 2, 2)).toBe(ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  expect(state.check(batch(1n, 5, 1))).toMatchObject({
    errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
  });
  expect(state.check(batch(1n, 6, 1))).toMatchObject({
    errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  });
  expect(state.check(batch(1n, 6, 0)).kind).toBe("next");
});

test("with transactions V2 a producer that is not known begins at sequence 0", () => {
  const state = new ProducerState();
  const rules = { mustBeginAtZero: true };
  expect(state.check(batch(1n, 0, 4), rules)).toMatchObject({
    errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  });
  expect(state.check(batch(1n, 0, 0), rules).kind).toBe("next");
  expect(state.check(batch(1n, 0, 4)).kind).toBe("next");
});

test("producers in a transaction are not forgotten, and there is a most of them", () => {
  const state = new ProducerState();
  state.update(batch(0n, 0, 0), 0);
  state.expire(Number.MAX_SAFE_INTEGER);
  expect(state.size).toBe(1);
  for (let i = 1; i < OPEN_TRANSACTIONS_MAX; i += 1) state.update(batch(BigInt(i), 0, 0), i);
  expect(state.check(batch(2n ** 40n, 0, 0))).toMatchObject({
    errorCode: ErrorCode.INVALID_TXN_STATE,
  });
  expect(state.check(batch(2n ** 40n, 0, 0, 0)).kind).toBe("next");
  expect(state.check(batch(0n, 0, 1)).kind).toBe("next");
});

test("a transaction index is Kafka's entries and a checksum; any damage is found", () => {
  const entries = [
    { producerId: 9n, firstOffset: 1, lastOffset: 5, lastStableOffset: 6 },
    { producerId: 2n ** 60n, firstOffset: 2, lastOffset: 9, lastStableOffset: 2 ** 40 },
  ];
  const bytes = encodeTransactionIndex(entries);
  expect(bytes).toHaveLength(2 * 34 + 4);
  expect(Buffer.from(bytes.subarray(0, 34)).toString("hex")).toBe(
    "00000000000000000009000000000000000100000000000000050000000000000006",
  );
  expect(decodeTransactionIndex(bytes)).toEqual(entries);
  expect(decodeTransactionIndex(encodeTransactionIndex([]))).toEqual([]);
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const copy = bytes.slice();
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(decodeTransactionIndex(copy)).toBeNull();
  }
  for (let length = 0; length < bytes.length; length += 1) {
    expect(decodeTransactionIndex(bytes.subarray(0, length))).toBeNull();
  }
});
