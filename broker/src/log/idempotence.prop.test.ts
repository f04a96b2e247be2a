/**
 * Idempotent producers against a log that is closed, killed, loses its power, rolls, and loses its oldest
 * records: clients that send again what was not answered find every batch stored once, in their order, and
 * are never refused (T25).
 */
import { assert } from "@runnel/kit/assert.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import type { PartitionLog } from "./partition-log.ts";
import { lastSequenceOf, WINDOW_BATCHES } from "./producer-state.ts";
import { append, batchOf, headersOf, Rig, readToEnd } from "./testing.ts";

const PRODUCERS = [1n, 2n, 3n] as const;
/** A few batches before sequences begin anew. */
const FIRST_SEQUENCE = 2 ** 31 - 12;

interface Sent {
  readonly epoch: number;
  readonly baseSequence: number;
  readonly count: number;
  /** Where the log has it; null where it never came, or was lost again. */
  offset: number | null;
}

/** What a client does: it keeps order, and sends again in order what was not answered. */
class Client {
  readonly producerId: bigint;
  epoch = 0;
  nextSequence = FIRST_SEQUENCE;
  inFlight: Sent[] = [];
  /** What it sends arrives; else it is lost, and so is all behind it until it sends again. */
  isConnected = true;

  constructor(producerId: bigint) {
    this.producerId = producerId;
  }

  /** Hands a batch to the log. Fails where it is refused, or taken for another than it is. */
  deliver(log: PartitionLog, batch: Sent): void {
    const { producerId } = this;
    const { epoch: producerEpoch, baseSequence, count } = batch;
    const values = Array.from({ length: count }, () => "v");
    const outcome = append(log, batchOf({ values, producerId, producerEpoch, baseSequence }));
    const what = `producer ${producerId}, epoch ${producerEpoch}, sequence ${baseSequence}`;
    assert(outcome.kind !== "refused", `${what}: refused, ${JSON.stringify(outcome)}`);
    if (batch.offset === null) assert(outcome.kind === "appended", `${what}: never came before`);
    else {
      const isKnown = outcome.kind === "duplicate" && outcome.baseOffset === batch.offset;
      assert(isKnown, `${what}: is at ${batch.offset}, and ${JSON.stringify(outcome)}`);
    }
    batch.offset = outcome.baseOffset;
  }

  send(log: PartitionLog, count: number, isLost: boolean): void {
    if (this.inFlight.length === WINDOW_BATCHES) return;
    const { epoch, nextSequence: baseSequence } = this;
    const batch: Sent = { epoch, baseSequence, count, offset: null };
    this.nextSequence = lastSequenceOf(baseSequence, count);
    this.inFlight.push(batch);
    if (isLost) this.isConnected = false;
    if (this.isConnected) this.deliver(log, batch);
  }

  /** Returns how many batches came again. */
  resend(log: PartitionLog): number {
    this.isConnected = true;
    const before = this.inFlight.filter(({ offset }) => offset !== null).length;
    for (const batch of this.inFlight) this.deliver(log, batch);
    return before;
  }

  /** An answer arrives, where there is one. */
  receive(log: PartitionLog): void {
    const [first] = this.inFlight;
    const offset = first?.offset ?? null;
    if (first === undefined || offset === null) return;
    if (offset + first.count <= log.logEndOffset) this.inFlight.shift();
  }

  raise(): void {
    if (this.inFlight.length > 0) return;
    this.epoch += 1;
    this.nextSequence = 0;
  }
}

const client = fc.nat(PRODUCERS.length - 1);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constant("send" as const),
      client,
      count: fc.integer({ min: 1, max: 4 }),
      isLost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  { weight: 6, arbitrary: fc.record({ what: fc.constant("receive" as const), client }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("resend" as const), client }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("raise" as const), client }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom("roll" as const, "checkpoint" as const, "settle" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom("reopen" as const, "kill" as const, "power" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("delete" as const),
      part: fc.integer({ min: 0, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom("retain" as const, "expire" as const) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const CONFIG = { segmentBytes: 700, retentionMs: -1, retentionBytes: 1 };

class History {
  readonly #clients = PRODUCERS.map((id) => new Client(id));
  readonly #time: ManualTime;
  #disk: MemoryDisk;
  #rig: Rig;
  #log: PartitionLog;
  /** Batches that came a second time. */
  resent = 0;

  static async begin(): Promise<History> {
    const time = new ManualTime();
    const disk = new MemoryDisk({ clock: time });
    const rig = await Rig.open({ time, disk });
    return new History(time, disk, rig, await rig.log(CONFIG));
  }

  private constructor(time: ManualTime, disk: MemoryDisk, rig: Rig, log: PartitionLog) {
    this.#time = time;
    this.#disk = disk;
    this.#rig = rig;
    this.#log = log;
  }

  async play(step: Step): Promise<void> {
    switch (step.what) {
      case "send":
        return this.#clientOf(step).send(this.#log, step.count, step.isLost);
      case "receive":
        return this.#clientOf(step).receive(this.#log);
      case "resend":
        this.resent += this.#clientOf(step).resend(this.#log);
        return;
      case "raise":
        return this.#clientOf(step).raise();
      case "roll":
        return this.#log.rollIfFilled();
      case "checkpoint":
        await this.#rig.run(this.#log.checkpoint());
        return;
      case "settle":
        return await this.#rig.settle();
      case "delete":
        return await this.#delete(step.part);
      case "retain":
        await this.#rig.settle();
        await this.#rig.run(this.#rig.retain(this.#log));
        return;
      case "expire":
        // Whoever waits for an answer was not silent.
        if (this.#clients.every(({ inFlight }) => inFlight.length === 0)) {
          this.#log.producers.expire(Number.MAX_SAFE_INTEGER);
        }
        return;
      default:
        return await this.#restart(step.what);
    }
  }

  /** All is sent again until it is answered. */
  async end(): Promise<void> {
    for (const client of this.#clients) this.resent += client.resend(this.#log);
    await this.#rig.settle();
    for (const client of this.#clients) {
      while (client.inFlight.length > 0) client.receive(this.#log);
    }
    await this.#check();
  }

  async #delete(part: number): Promise<void> {
    await this.#rig.settle();
    const { logStartOffset, logEndOffset } = this.#log;
    const offset = logStartOffset + Math.floor(((logEndOffset - logStartOffset) * part) / 4);
    await this.#rig.run(this.#rig.manager.deleteRecords(this.#log, offset));
  }

  async #restart(how: "reopen" | "kill" | "power"): Promise<void> {
    const durable = this.#log.logEndOffset;
    if (how === "reopen") this.#rig = await this.#rig.reopen();
    else {
      // A process that is killed leaves what it wrote; the power takes what was not synced.
      if (how === "kill") await this.#rig.settle();
      else this.#disk = this.#disk.crash(seededRandom(durable));
      this.#rig = await Rig.open({ time: this.#time, disk: this.#disk });
    }
    this.#log = await this.#rig.log(CONFIG);
    assert(this.#log.logEndOffset >= durable, "what was durable is gone");
    for (const client of this.#clients) {
      client.isConnected = false;
      for (const batch of client.inFlight) {
        if ((batch.offset ?? -1) >= this.#log.nextOffset) batch.offset = null;
      }
    }
  }

  /** Every producer's sequences are in the log in order, without a gap and each once. */
  async #check(): Promise<void> {
    const expected = new Map<bigint, number>();
    const { logStartOffset } = this.#log;
    for (const header of headersOf(await readToEnd(this.#rig, this.#log, logStartOffset))) {
      const { producerId, baseSequence, lastOffsetDelta } = header;
      const next = expected.get(producerId);
      const isNext = next === undefined || baseSequence === next || baseSequence === 0;
      assert(isNext, `producer ${producerId}: sequence ${baseSequence} after ${next}`);
      expected.set(producerId, lastSequenceOf(baseSequence, lastOffsetDelta + 1));
    }
    for (const { producerId, nextSequence } of this.#clients) {
      const last = expected.get(producerId) ?? nextSequence;
      assert(last === nextSequence || nextSequence === 0, `producer ${producerId} ends at ${last}`);
    }
  }

  #clientOf({ client: index }: { readonly client: number }): Client {
    return this.#clients[index] as Client;
  }
}

test("T25: what is sent again is stored once, whatever the log went through", async () => {
  let resent = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
      const history = await History.begin();
      for (const each of steps) await history.play(each);
      await history.end();
      resent += history.resent;
    }),
    { numRuns: 400 },
  );
  expect(resent).toBeGreaterThan(1000);
});

test("a power cut does not make a log forget who wrote what was deleted before it", async () => {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk });
  const log = await rig.log(CONFIG);
  const batches: readonly Sent[] = [0, 1, 2, 3, 4].map((baseSequence) => {
    return { epoch: 0, baseSequence, count: 1, offset: null };
  });
  const client = new Client(1n);
  client.inFlight = [...batches];
  client.deliver(log, batches[0] as Sent);
  log.rollIfFilled();
  new Client(2n).send(log, 1, false);
  await rig.settle();
  await rig.run(rig.manager.deleteRecords(log, 1));
  expect(log.segments.length).toBe(1);
  // Snapshots of later segments push out the one that has seen the first batch.
  for (const batch of batches.slice(1)) {
    client.deliver(log, batch);
    log.rollIfFilled();
    await rig.settle();
  }
  const next = await Rig.open({ time, disk: disk.crash() });
  expect(client.resend(await next.log(CONFIG))).toBe(batches.length);
});
