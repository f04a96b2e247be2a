/**
 * A story for fault tests: producers, an administrator and restarts at work on a few topics, drawn from
 * a seed. It keeps a book of what was acknowledged and says, after any fault, what the log got wrong.
 */
import { assert } from "@runnel/kit/assert.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Random } from "@runnel/kit/world.ts";
import { isControl, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import type { ManualTime } from "#io/memory/manual-time.ts";
import type { Disk } from "#io/ports.ts";
import { abortedBetween } from "./aborted.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { LogConfig } from "./ports.ts";
import { ProducerState } from "./producer-state.ts";
import { append, batchOf, CONFIG, DATA, headersOf, Rig, readToEnd } from "./testing.ts";
import { bookBatch } from "./transaction-files.ts";
import type { AbortedTransaction } from "./transaction-index.ts";

/** Where a batch begins that its sender did not write: base offset and leader epoch are the log's. */
const SENDERS_PART = 16;
const latin1 = new TextDecoder("latin1");

interface Sent {
  readonly bytes: Uint8Array;
  readonly producer: number | null;
  /** Where it is by the answer that came last; −1 before any. */
  baseOffset: number;
  endOffset: number;
  state: "waiting" | "acked" | "unknown";
}

interface Producer {
  readonly id: bigint;
  nextSequence: number;
}

interface Topic {
  readonly id: string;
  readonly producers: readonly Producer[];
  readonly sent: Sent[];
  log: PartitionLog | null;
  /** Acknowledged by DeleteRecords. */
  ackedStart: number;
  /** As far as the start may be. */
  startMax: number;
  deletion: "none" | "asked" | "done";
}

const STORY_CONFIG: LogConfig = {
  ...CONFIG,
  segmentBytes: 1500,
  indexIntervalBytes: 150,
  retentionBytes: 5000,
  fileDeleteDelayMs: 500,
};

export type Step =
  | "append"
  | "send"
  | "transact"
  | "finish"
  | "settle"
  | "checkpoint"
  | "trim"
  | "delete"
  | "replace"
  | "restart";

const STEPS: readonly (readonly [Step, number])[] = [
  ["append", 8],
  ["send", 8],
  ["transact", 3],
  ["finish", 2],
  ["settle", 7],
  ["checkpoint", 2],
  ["trim", 2],
  ["delete", 1],
  ["replace", 0.4],
  ["restart", 0.8],
];

export class Story {
  readonly #random: Random;
  readonly #time: ManualTime;
  readonly #topics: Topic[] = [];
  readonly #config: LogConfig;
  #rig: Rig;
  /** The node was stopped and could not be started again yet. */
  #isDown = false;
  #topicCount = 0;
  #valueCount = 0;
  readonly findings: string[] = [];

  private constructor(rig: Rig, time: ManualTime, seed: number, config: Partial<LogConfig>) {
    this.#rig = rig;
    this.#time = time;
    this.#random = seededRandom(seed);
    this.#config = { ...STORY_CONFIG, ...config };
  }

  /** Opens a manager on `disk`; the topics come with the first step. Rejects when the disk refuses. */
  static async begin(
    disk: Disk,
    time: ManualTime,
    options: { readonly seed: number; readonly config?: Partial<LogConfig> },
  ): Promise<Story> {
    const rig = await Rig.open({ disk, time, tailCacheBytes: 4000, openFilesMax: 4 });
    return new Story(rig, time, options.seed, options.config ?? {});
  }

  /** Goes through `count` steps. What a faulty disk throws is part of the story. */
  async play(count: number): Promise<void> {
    for (let step = 0; step < count; step += 1) {
      try {
        if (this.#isDown) await this.#restart();
        else if (this.#topics.length < 2) await this.#create();
        else await this.#step(this.#draw());
      } catch (error) {
        assert(error instanceof Error && error.name !== "InvariantError", String(error));
        await this.#rig.settle();
      }
    }
    await this.#rig.settle();
  }

  /** Closes in order; says whether that worked. */
  async end(): Promise<boolean> {
    try {
      await this.#rig.run(this.#rig.manager.close());
      return true;
    } catch {
      return false;
    }
  }

  /** The process is gone, the disk is `disk`: opens it anew and compares it with the book. */
  async resume(disk: Disk): Promise<void> {
    this.#becomeUnknown();
    this.#rig = await Rig.open({ disk, time: this.#time, tailCacheBytes: 4000, openFilesMax: 4 });
    await this.#checkDeletions(disk);
    for (const topic of this.#topics) topic.log = await this.#open(topic);
    await this.check();
  }

  /** From here on, what was acknowledged may be lost: it was not synced, as the topics asked. */
  forgetAcknowledged(): void {
    for (const topic of this.#topics) {
      for (const one of topic.sent) one.state = "unknown";
    }
  }

  /** Everything visible now, by topic: for comparing with what a power cut leaves of it. */
  async visible(): Promise<Map<string, Uint8Array>> {
    const all = new Map<string, Uint8Array>();
    for (const { id, log } of this.#topics) {
      if (log !== null) all.set(id, await readToEnd(this.#rig, log, log.logStartOffset));
    }
    return all;
  }

  /** Idempotent producers send again what was not acknowledged; all must be there once afterwards. */
  async resend(): Promise<void> {
    for (const topic of this.#topics) {
      for (const [index] of topic.producers.entries()) this.#resendOf(topic, index);
    }
    await this.#rig.settle();
    for (const topic of this.#topics) {
      const lost = topic.sent.filter((one) => one.producer !== null && one.state !== "acked");
      if (lost.length > 0) this.findings.push(`${topic.id}: ${lost.length} resent, not taken`);
    }
    await this.check();
  }

  /** Compares every open log with the book. */
  async check(): Promise<void> {
    for (const topic of this.#topics) {
      if (topic.log !== null && topic.deletion === "none") await this.#checkTopic(topic, topic.log);
    }
  }

  #draw(): Step {
    let at = this.#random.below(1000) / 1000;
    at *= STEPS.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [step, weight] of STEPS) {
      if (at < weight) return step;
      at -= weight;
    }
    return "settle";
  }

  async #step(step: Step): Promise<void> {
    const topic = this.#topics[this.#random.below(this.#topics.length)] as Topic;
    const { log } = topic;
    if (step === "restart") await this.#restart();
    else if (topic.deletion !== "none") await this.#replace(topic);
    else if (log === null) topic.log = await this.#open(topic);
    else if (step === "append") this.#append(topic, log, null);
    else if (step === "send") this.#append(topic, log, this.#random.below(topic.producers.length));
    else if (step === "transact") this.#transact(topic, log);
    else if (step === "finish") this.#finish(topic, log);
    else if (step === "settle") await this.#time.settle();
    else if (step === "checkpoint") await this.#time.advanceAsync(10_000);
    else if (step === "trim") await this.#trim(topic, log);
    else if (step === "delete") await this.#deleteRecords(topic, log);
    else await this.#replace(topic);
  }

  async #create(): Promise<void> {
    this.#topicCount += 1;
    const id = `00000000-0000-4000-8000-${String(this.#topicCount).padStart(12, "0")}`;
    const producers = [1n, 2n].map((one) => ({
      id: one + 100n * BigInt(this.#topicCount),
      nextSequence: 2 ** 31 - 20,
    }));
    const topic: Topic = {
      id,
      producers,
      sent: [],
      log: null,
      ackedStart: 0,
      startMax: 0,
      deletion: "none",
    };
    this.#topics.push(topic);
    topic.log = await this.#open(topic);
  }

  async #open(topic: Topic): Promise<PartitionLog> {
    const log = await this.#rig.log(this.#config, 0, topic.id);
    log.listener = {
      onEndMoved: () => {
        for (const one of topic.sent) {
          if (one.state === "waiting" && one.endOffset <= log.logEndOffset) one.state = "acked";
        }
      },
      onFailure: () => {
        for (const one of topic.sent) if (one.state === "waiting") one.state = "unknown";
      },
    };
    return log;
  }

  #append(topic: Topic, log: PartitionLog, producer: number | null): void {
    const count = 1 + this.#random.below(3);
    const size = this.#random.below(40) === 0 ? 700 : this.#random.below(60);
    const values = Array.from({ length: count }, () => {
      this.#valueCount += 1;
      return `${this.#valueCount}:${"x".repeat(size)}`;
    });
    const timestamp = this.#time.nowMs() - this.#random.below(1000);
    if (producer === null) {
      const one: Sent = {
        bytes: batchOf({ values, timestamp }),
        producer,
        baseOffset: -1,
        endOffset: -1,
        state: "unknown",
      };
      topic.sent.push(one);
      this.#put(log, one);
      return;
    }
    if (!this.#resendOf(topic, producer)) return;
    const known = topic.producers[producer] as Producer;
    const bytes = batchOf({
      values,
      timestamp,
      producerId: known.id,
      producerEpoch: 3,
      baseSequence: known.nextSequence,
    });
    const one: Sent = { bytes, producer, baseOffset: -1, endOffset: -1, state: "unknown" };
    known.nextSequence = (known.nextSequence + count) % 2 ** 31;
    topic.sent.push(one);
    this.#put(log, one);
  }

  /** A batch of a transaction without a sequence, as those of committed offsets are. */
  #transact(topic: Topic, log: PartitionLog): void {
    this.#valueCount += 1;
    const producer = { producerId: this.#transactionOf(topic), producerEpoch: 1 };
    const values = [`${this.#valueCount}:transaction`];
    const bytes = batchOf({ values, ...producer, isTransactional: true });
    const one: Sent = { bytes, producer: null, baseOffset: -1, endOffset: -1, state: "unknown" };
    topic.sent.push(one);
    this.#put(log, one);
  }

  #finish(topic: Topic, log: PartitionLog): void {
    const marker = {
      producerId: this.#transactionOf(topic),
      producerEpoch: 1,
      coordinatorEpoch: 0,
      isCommit: this.#random.below(3) === 0,
      transactionVersion: 1,
    };
    const outcome = log.appendMarker(marker, 4);
    if (outcome.kind === "refused" && outcome.errorCode !== 56) {
      this.findings.push(`refused: ${outcome.message}`);
    }
  }

  #transactionOf({ producers }: Topic): bigint {
    return (producers[0] as Producer).id + 10n + BigInt(this.#random.below(3));
  }

  /** Sends again, in order, what this producer has no answer for; false when the log takes nothing. */
  #resendOf(topic: Topic, producer: number): boolean {
    const { log } = topic;
    if (log === null) return false;
    const mine = topic.sent.filter((one) => one.producer === producer);
    const first = mine.findIndex((one) => one.state === "unknown");
    if (first === -1) return mine.filter((one) => one.state === "waiting").length < 5;
    for (const one of mine.slice(first)) {
      if (one.state === "unknown" && !this.#put(log, one)) return false;
    }
    return false;
  }

  #put(log: PartitionLog, one: Sent): boolean {
    const outcome = append(log, one.bytes.slice(), 4);
    if (outcome.kind === "refused") {
      if (outcome.errorCode !== 56) this.findings.push(`refused: ${outcome.message}`);
      return false;
    }
    one.baseOffset = outcome.baseOffset;
    one.endOffset = outcome.endOffset;
    one.state = one.endOffset <= log.logEndOffset ? "acked" : "waiting";
    return true;
  }

  async #trim(topic: Topic, log: PartitionLog): Promise<void> {
    topic.startMax = Math.max(topic.startMax, log.logEndOffset);
    await this.#rig.run(this.#rig.retain(log));
  }

  async #deleteRecords(topic: Topic, log: PartitionLog): Promise<void> {
    const room = log.logEndOffset - log.logStartOffset;
    if (room <= 0) return;
    const offset = log.logStartOffset + 1 + this.#random.below(Math.ceil(room / 2));
    topic.startMax = Math.max(topic.startMax, offset);
    await this.#rig.run(this.#rig.manager.deleteRecords(log, offset));
    topic.ackedStart = Math.max(topic.ackedStart, offset);
  }

  async #replace(topic: Topic): Promise<void> {
    topic.deletion = "asked";
    await this.#rig.run(this.#rig.manager.deleteLog(topic.id, 0));
    topic.deletion = "done";
    this.#deleted.add(topic.id);
    this.#topics.splice(this.#topics.indexOf(topic), 1);
  }

  readonly #deleted = new Set<string>();

  async #checkDeletions(disk: Disk): Promise<void> {
    for (const id of this.#deleted) {
      if ((await disk.stat(`${DATA}/${id}-0`)) !== null) this.findings.push(`${id} came back`);
    }
    for (const topic of this.#topics.slice()) {
      if (topic.deletion === "asked") this.#topics.splice(this.#topics.indexOf(topic), 1);
    }
  }

  async #restart(): Promise<void> {
    const { disk } = this.#rig;
    if (!this.#isDown) await this.end();
    this.#isDown = true;
    this.#becomeUnknown();
    for (const topic of this.#topics) topic.log = null;
    this.#rig = await Rig.open({ disk, time: this.#time, tailCacheBytes: 4000, openFilesMax: 4 });
    this.#isDown = false;
    for (const topic of this.#topics.slice()) topic.log = await this.#open(topic);
  }

  #becomeUnknown(): void {
    for (const topic of this.#topics) {
      for (const one of topic.sent) if (one.state === "waiting") one.state = "unknown";
    }
  }

  async #checkTopic(topic: Topic, log: PartitionLog): Promise<void> {
    const say = (text: string): void => void this.findings.push(`${topic.id}: ${text}`);
    const { logStartOffset: start, logEndOffset: end } = log;
    if (start < topic.ackedStart) say(`starts at ${start}, ${topic.ackedStart} was acknowledged`);
    if (start > topic.startMax) say(`starts at ${start}, nobody asked beyond ${topic.startMax}`);
    let bytes: Uint8Array;
    try {
      bytes = await readToEnd(this.#rig, log, start);
    } catch (error) {
      say(`cannot be read from ${start} to ${end}: ${String(error)}`);
      return;
    }
    const stored = new Map<number, Uint8Array>();
    let next = -1;
    let at = 0;
    for (const header of headersOf(bytes)) {
      if (next !== -1 && header.baseOffset !== next) say(`gap: ${next}, then ${header.baseOffset}`);
      next = header.baseOffset + header.lastOffsetDelta + 1;
      stored.set(header.baseOffset, bytes.subarray(at, at + header.sizeInBytes));
      at += header.sizeInBytes;
    }
    if (next !== -1 && next !== end) say(`batches end at ${next}, the log at ${end}`);
    checkBatches(topic, stored, start, say);
    await this.#checkTransactions(log, stored, say);
  }

  /** Holds what the log knows of transactions against all that can be read. */
  async #checkTransactions(
    log: PartitionLog,
    stored: ReadonlyMap<number, Uint8Array>,
    say: (text: string) => void,
  ): Promise<void> {
    const { logStartOffset: start, logEndOffset: end } = log;
    const reader = new ProducerState();
    const readable: AbortedTransaction[] = [];
    for (const bytes of stored.values()) {
      const found = bookBatch(reader, readBatchHeader(bytes, 0), bytes);
      if (found !== null) readable.push(found);
    }
    const known = await this.#rig.run(Promise.resolve(abortedBetween(log, start, end)));
    const textOf = (all: readonly AbortedTransaction[]): string =>
      all
        .filter(({ firstOffset, lastOffset }) => firstOffset >= start && lastOffset < end)
        .map((one) => `${one.producerId}:${one.firstOffset}-${one.lastOffset}`)
        .join(" ");
    if (textOf(known) !== textOf(readable)) {
      say(`aborted [${textOf(known)}], [${textOf(readable)}] can be read`);
    }
    const { transactions } = log.producers;
    transactions.settle(end);
    const { firstUndecided } = transactions;
    if (firstUndecided !== null && firstUndecided < start) return;
    // What was booked and is not durable does not count.
    const undecided = firstUndecided !== null && firstUndecided < end ? firstUndecided : null;
    if (undecided !== reader.transactions.firstOpen) {
      say(`undecided from ${undecided}, by reading from ${reader.transactions.firstOpen}`);
    }
  }
}

function checkBatches(
  topic: Topic,
  stored: ReadonlyMap<number, Uint8Array>,
  start: number,
  say: (text: string) => void,
): void {
  const known = new Map(topic.sent.map((one) => [keyOf(one.bytes), one]));
  const seen = new Set<string>();
  for (const [offset, bytes] of stored) {
    const key = keyOf(bytes);
    const one = known.get(key);
    if (isControl(readBatchHeader(bytes, 0).attributes)) continue;
    if (one === undefined) say(`a batch at ${offset} that nobody sent`);
    else if (one.producer !== null && seen.has(key)) say(`batch at ${offset} is there twice`);
    seen.add(key);
  }
  for (const one of topic.sent) {
    if (one.state !== "acked" || one.endOffset <= start) continue;
    const bytes = stored.get(one.baseOffset);
    if (bytes === undefined) say(`acknowledged batch at ${one.baseOffset} is lost`);
    else if (keyOf(bytes) !== keyOf(one.bytes)) say(`another batch at ${one.baseOffset}`);
    else if (readBatchHeader(bytes, 0).partitionLeaderEpoch !== 4) say("wrong leader epoch");
  }
}

/** A batch as its sender wrote it, as text. */
function keyOf(bytes: Uint8Array): string {
  return latin1.decode(bytes.subarray(SENDERS_PART));
}
