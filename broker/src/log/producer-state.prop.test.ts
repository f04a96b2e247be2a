import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSnapshot } from "./producer-snapshot.ts";
import { lastSequenceOf, PRODUCERS_MAX, ProducerState, WINDOW_BATCHES } from "./producer-state.ts";
import { snapshotOf } from "./testing.ts";

const SPAN = 2 ** 31;
const UNKNOWN = { maxTimestamp: 5, attributes: 0 };

/** The reference: every record that was taken, by producer. */
class Model {
  readonly batches = new Map<
    bigint,
    { epoch: number; base: number; count: number; at: number }[]
  >();

  check(id: bigint, epoch: number, base: number, count: number): string {
    const all = this.batches.get(id);
    if (all === undefined) return "next";
    const latest = all.at(-1)?.epoch as number;
    if (epoch < latest) return "refused 47";
    if (epoch > latest) return base === 0 ? "next" : "refused 45";
    const window = all.filter((one) => one.epoch === epoch).slice(-WINDOW_BATCHES);
    const same = window.find((one) => one.base === base && one.count === count);
    if (same !== undefined) return `duplicate ${same.at}`;
    const last = window.at(-1) as { base: number; count: number };
    let expected = last.base + last.count;
    if (expected >= SPAN) expected -= SPAN;
    return base === expected ? "next" : "refused 45";
  }
}

/** What a snapshot at `offset` makes of `producers`. */
function restored(producers: ProducerState, offset: number): ProducerState {
  const { bytes } = snapshotOf({ producers, aborted: [] }, offset);
  return decodeSnapshot(bytes, offset).producers;
}

const attempts = fc.array(
  fc.record({
    id: fc.bigInt({ min: 1n, max: 3n }),
    /** What is sent: the next batch, one of the last ones again, a gap, a new epoch, an old one. */
    what: fc.constantFrom("next", "next", "next", "again", "gap", "raise", "old"),
    back: fc.nat(7),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 60 },
);

interface Sent {
  readonly epoch: number;
  readonly base: number;
  readonly count: number;
}

function draw(history: readonly Sent[], what: string, back: number, count: number): Sent {
  const last = history.at(-1);
  if (last === undefined) return { epoch: 4, base: SPAN - 12, count };
  const next = (last.base + last.count) % SPAN;
  if (what === "again") return history.at(-1 - (back % history.length)) as Sent;
  if (what === "gap") return { epoch: last.epoch, base: (next + 1 + back) % SPAN, count };
  if (what === "raise") return { epoch: last.epoch + 1, base: back < 4 ? 0 : back, count };
  if (what === "old") return { epoch: last.epoch - 1, base: next, count };
  return { epoch: last.epoch, base: next, count };
}

test("check() is the reference's, around 2^31−1 too, and after a snapshot", () => {
  fc.assert(
    fc.property(attempts, fc.nat(60), (all, snapshotAt) => {
      let state = new ProducerState();
      const model = new Model();
      let offset = 100;
      for (const [i, { id, what, back, count }] of all.entries()) {
        if (i === snapshotAt) state = restored(state, offset);
        const history = model.batches.get(id) ?? [];
        const { epoch, base, count: size } = draw(history, what, back, count);
        const header = {
          ...UNKNOWN,
          producerId: id,
          producerEpoch: epoch,
          baseSequence: base,
          lastOffsetDelta: size - 1,
        };
        const outcome = state.check(header);
        const text =
          outcome.kind === "next"
            ? "next"
            : outcome.kind === "duplicate"
              ? `duplicate ${outcome.batch.baseOffset}`
              : `refused ${outcome.errorCode}`;
        expect(text, `attempt ${i}`).toBe(model.check(id, epoch, base, size));
        if (outcome.kind !== "next") continue;
        state.update(header, offset);
        model.batches.set(id, [...history, { epoch, base, count: size, at: offset }]);
        offset += size;
      }
      const copy = restored(state, offset);
      expect([...copy.entries()]).toEqual([...state.entries()]);
    }),
    { numRuns: 500 },
  );
});

test("lastSequenceOf() wraps from 2^31−1 to 0", () => {
  expect(lastSequenceOf(SPAN - 1, 0)).toBe(SPAN - 1);
  expect(lastSequenceOf(SPAN - 1, 1)).toBe(0);
  expect(lastSequenceOf(SPAN - 3, 9)).toBe(6);
});

function oneProducer(): ProducerState {
  const state = new ProducerState();
  const producer = { producerId: 0x0102030405060708n, producerEpoch: 9 };
  const first = {
    ...producer,
    baseSequence: 0,
    lastOffsetDelta: 1,
    maxTimestamp: 1000,
    attributes: 0,
  };
  state.update(first, 40);
  state.update({ ...first, baseSequence: 2, lastOffsetDelta: 2, maxTimestamp: 2000 }, 42);
  return state;
}

const ABORTED = [{ producerId: 7n, firstOffset: 33, lastOffset: 39, lastStableOffset: 40 }];
const oneSnapshot = (): Uint8Array =>
  snapshotOf({ producers: oneProducer(), aborted: ABORTED }, 45).bytes;

/** By hand: the first 52 bytes are Kafka's, version 1; what is ours stands behind. */
const GOLDEN = [
  "0001 CCCCCCCC 00000001",
  "0102030405060708 0009 00000004 000000000000002c 00000002 00000000000007d0 ffffffff",
  "ffffffffffffffff",
  "00000002",
  "0102030405060708 00000000 00000001 0000000000000028 0000000000000029 00000000000003e8",
  "0102030405060708 00000002 00000004 000000000000002a 000000000000002c 00000000000007d0",
  "00000001 0000 0000000000000007 0000000000000021 0000000000000027 0000000000000028",
  "000000000000002d",
].join("");

test("a snapshot is Kafka's file with windows and aborted transactions behind it", () => {
  const hex = Buffer.from(oneSnapshot()).toString("hex");
  expect(`${hex.slice(0, 4)}CCCCCCCC${hex.slice(12)}`).toBe(GOLDEN.replaceAll(" ", ""));
});

test("a snapshot that Kafka wrote is read: one batch per producer", () => {
  const body = Buffer.from(GOLDEN.replaceAll(" ", "").slice(12, 12 + 2 * 50), "hex");
  const bytes = Buffer.concat([Buffer.from("0001", "hex"), crcOf(body), body]);
  expect([...decodeSnapshot(bytes, 45).producers.entries()]).toEqual([
    {
      producerId: 0x0102030405060708n,
      epoch: 9,
      batches: [
        { baseSequence: 2, lastSequence: 4, baseOffset: 42, lastOffset: 44, timestamp: 2000 },
      ],
      coordinatorEpoch: -1,
      transactionStart: null,
      lastTimestamp: 2000,
    },
  ]);
});

function crcOf(body: Uint8Array): Buffer {
  let crc = 0xffff_ffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  const out = Buffer.alloc(4);
  out.writeUInt32BE((crc ^ 0xffff_ffff) >>> 0);
  return out;
}

test("decodeSnapshot() refuses every changed bit, every cut and another offset", () => {
  const bytes = oneSnapshot();
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const copy = bytes.slice();
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(() => decodeSnapshot(copy, 45)).toThrow(DecodeError);
  }
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => decodeSnapshot(bytes.subarray(0, length), 45)).toThrow(DecodeError);
  }
  expect(() => decodeSnapshot(bytes, 46)).toThrow(DecodeError);
});

test("the producer that was silent longest is forgotten when there are too many", () => {
  const state = new ProducerState();
  const header = { ...UNKNOWN, producerEpoch: 0, baseSequence: 0, lastOffsetDelta: 0 };
  for (let i = 0; i < PRODUCERS_MAX; i += 1) state.update({ ...header, producerId: BigInt(i) }, i);
  state.update({ ...header, baseSequence: 1, producerId: 0n }, PRODUCERS_MAX);
  state.update({ ...header, producerId: 2n ** 40n }, PRODUCERS_MAX + 1);
  expect(state.size).toBe(PRODUCERS_MAX);
  expect(state.check({ ...header, producerId: 1n })).toEqual({ kind: "next" });
  expect(state.check({ ...header, producerId: 0n }).kind).toBe("duplicate");
});

test("expire() forgets by the time of the last batch", () => {
  const state = oneProducer();
  state.expire(2000);
  expect(state.size).toBe(1);
  state.expire(2001);
  expect(state.size).toBe(0);
});

test("a snapshot of as many producers as are remembered is read back", () => {
  const state = new ProducerState();
  for (let i = 0; i < PRODUCERS_MAX; i += 1) {
    const header = { ...UNKNOWN, producerId: BigInt(i), producerEpoch: 0, lastOffsetDelta: 0 };
    state.update({ ...header, baseSequence: 0 }, 2 * i);
    state.update({ ...header, baseSequence: 1 }, 2 * i + 1);
  }
  const { bytes, turns } = snapshotOf({ producers: state, aborted: [] }, 2 * PRODUCERS_MAX);
  expect(decodeSnapshot(bytes, 2 * PRODUCERS_MAX).producers.size).toBe(PRODUCERS_MAX);
  // Others have their turn meanwhile.
  expect(turns).toBeGreaterThan(30);
});
