/**
 * A producer as the clients of Kafka are: batches of one partition in order and several of them under
 * way, sent again until they are answered or nobody waits for them any more; with an id, so that the
 * broker stores each once, or without one and then never sent twice.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode, errorInfo, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import type { History, Outcome } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { SimTime } from "../world/time.ts";
import { BatchQueue, encodeBatch, type ProducerIdentity, type QueuedBatch } from "./batch-queue.ts";
import type { Topics } from "./topics.ts";
import type { Answer, WireClient } from "./wire-client.ts";

const RETRY_MS = 100;
const INIT_VERSION = 4;
const TOPIC_IDS_SINCE = 13;
/** Batches that wait, above which the application is held back. */
const WAITING_MAX = 20;
const HELD_BACK_MS = 20;

export interface ProducerOptions {
  readonly name: string;
  readonly client: WireClient;
  readonly topics: Topics;
  readonly history: History;
  readonly chance: Chance;
  readonly time: SimTime;
  readonly version: number;
  readonly isIdempotent: boolean;
  readonly acks: -1 | 1;
  /** Batches under way at once, in each partition. */
  readonly flyingMax: number;
  /** How long an answer is waited for. */
  readonly requestMs: number;
  readonly deliveryMs: number;
  /** Pause before a batch is sent again. */
  readonly retryMs: number;
  /** Part of the batches behind which it begins a new epoch, as clients do after what they cannot explain. */
  readonly resetShare: number;
  readonly codecs: readonly [CodecName, ...CodecName[]];
  /** Hands out values. */
  nextValue(): number;
}

export class Producer {
  readonly #options: ProducerOptions;
  readonly #queues = new Map<string, BatchQueue>();
  #identity: ProducerIdentity | null = null;
  /** An answer was such that sequences have to begin anew. */
  #mustReset = false;
  #isStale = true;
  #wake: (() => void) | null = null;
  #isEnding = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /** Hands over a batch of `count` records; resolves when there is room for the next. */
  async send(partition: string, count: number, padding: number): Promise<void> {
    const { history, name, time, chance, codecs, deliveryMs, nextValue } = this.#options;
    const sends = Array.from({ length: count }, () =>
      history.invokeSend({ process: name, partition, value: nextValue(), transaction: null }),
    );
    const queue = this.#queue(partition);
    queue.add({
      sends,
      codec: chance.pick(codecs),
      padding,
      timestamp: time.nowMs(),
      deadline: time.monotonicMs() + deliveryMs,
      sequence: null,
      attempts: 0,
    });
    this.#wakeUp();
    while (queue.waitingCount > WAITING_MAX) await this.#options.client.sleep(HELD_BACK_MS);
  }

  /** Batches without an answer. */
  get unanswered(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.waitingCount + queue.flyingCount;
    return count;
  }

  /** Nothing will be handed over any more: `run` resolves when everything is answered. */
  end(): void {
    this.#isEnding = true;
    this.#wakeUp();
  }

  /** Sends what is handed over. */
  async run(): Promise<void> {
    const { client, topics, isIdempotent } = this.#options;
    while (!this.#isEnding || this.unanswered > 0) {
      // Without a connection nothing is under way: a later batch would overtake an earlier one.
      if (!client.connect()) await client.sleep(RETRY_MS);
      else if (this.#isStale || !topics.isKnown) this.#isStale = !(await topics.refresh(client));
      else if (isIdempotent && this.#identity === null) await this.#init();
      else if (this.#mustReset) await this.#reset();
      else {
        this.#expire();
        if (!this.#sendNext()) await this.#idle();
      }
    }
  }

  #queue(partition: string): BatchQueue {
    const known = this.#queues.get(partition);
    if (known !== undefined) return known;
    const queue = new BatchQueue(partition, 0);
    this.#queues.set(partition, queue);
    return queue;
  }

  async #init(): Promise<void> {
    const { client, requestMs } = this.#options;
    const answer = await client.call(
      InitProducerIdApi,
      INIT_VERSION,
      { transactionalId: null, transactionTimeoutMs: 0 },
      { timeoutMs: requestMs },
    );
    if (answer === null || answer.errorCode !== ErrorCode.NONE) {
      await client.sleep(RETRY_MS);
      return;
    }
    const { producerId, producerEpoch } = answer;
    this.#identity = { producerId, producerEpoch, isTransactional: false };
  }

  /** Waits for what is under way, gives up what may have been stored, and begins a new epoch. */
  async #reset(): Promise<void> {
    for (const queue of this.#queues.values()) {
      if (queue.flyingCount > 0) {
        await this.#idle();
        return;
      }
    }
    this.#mustReset = false;
    for (const queue of this.#queues.values()) {
      for (const batch of queue.drop(({ attempts }) => attempts > 0)) this.#conclude(batch, "info");
      queue.renumber();
    }
    if (this.#identity !== null) {
      const { producerEpoch } = this.#identity;
      this.#identity = { ...this.#identity, producerEpoch: producerEpoch + 1 };
    }
  }

  /** Gives up batches that waited too long. */
  #expire(): void {
    const now = this.#options.time.monotonicMs();
    for (const queue of this.#queues.values()) {
      for (const batch of queue.drop(({ deadline }) => deadline <= now)) {
        this.#conclude(batch, batch.attempts > 0 ? "info" : "fail");
        if (batch.attempts > 0) this.#mustReset = true;
      }
    }
  }

  /** Sends one request with what is due of every partition; false when nothing is. */
  #sendNext(): boolean {
    if (this.#mustReset) return true;
    const { flyingMax, chance, time } = this.#options;
    const now = time.monotonicMs();
    const taken: [BatchQueue, QueuedBatch][] = [];
    for (const queue of chance.shuffle([...this.#queues.values()])) {
      const batch = queue.take(flyingMax, now);
      if (batch !== null) taken.push([queue, batch]);
    }
    if (taken.length === 0) return false;
    void this.#request(taken);
    return true;
  }

  async #request(taken: readonly (readonly [BatchQueue, QueuedBatch])[]): Promise<void> {
    const { client, topics, version, acks, isIdempotent, requestMs } = this.#options;
    const byTopic = new Map<string, { index: number; records: Uint8Array }[]>();
    for (const [{ partition }, batch] of taken) {
      const { topic, index } = topics.find(partition);
      const entries = byTopic.get(topic) ?? [];
      entries.push({ index, records: encodeBatch(batch, this.#identity) });
      byTopic.set(topic, entries);
    }
    const answer = await client.call(
      ProduceApi,
      version,
      {
        acks,
        timeoutMs: requestMs,
        topicData: [...byTopic].map(([name, partitionData]) => ({
          name,
          topicId: topics.idOf(name) ?? ZERO_UUID,
          partitionData,
        })),
      },
      { timeoutMs: requestMs, mayEcho: (found) => isIdempotent && isOver(found) },
    );
    const results = new Map<string, { readonly errorCode: number; readonly baseOffset: number }>(
      (answer?.responses ?? []).flatMap(({ name, topicId, partitionResponses }) => {
        const topic = version >= TOPIC_IDS_SINCE ? topics.nameOf(topicId) : name;
        return partitionResponses.map((one) => [`${topic}-${one.index}`, one] as const);
      }),
    );
    for (const [queue, batch] of taken) {
      const { errorCode, baseOffset } = results.get(queue.partition) ?? LOST;
      this.#settle(queue, batch, { errorCode, baseOffset });
    }
    if (answer === null) this.#isStale = true;
    this.#wakeUp();
  }

  #settle(
    queue: BatchQueue,
    batch: QueuedBatch,
    { errorCode, baseOffset }: { readonly errorCode: number; readonly baseOffset: number },
  ): void {
    const { name, history, time, chance, isIdempotent, retryMs, resetShare } = this.#options;
    if (errorCode === ErrorCode.NONE) {
      queue.finish(batch);
      if (isIdempotent && chance.happens(resetShare)) this.#mustReset = true;
      this.#conclude(batch, "ok", baseOffset);
      return;
    }
    const isOutOfOrder = SEQUENCE_ERRORS.has(errorCode);
    if (isOutOfOrder && this.#mustReset) {
      // One before it was given up. It was refused: if that was its only time, it counts as new.
      if (batch.attempts === 1) batch.attempts = 0;
      queue.putBack(batch, 0);
    } else if (isOutOfOrder && queue.isNext(batch)) {
      const what = `${name} in ${queue.partition}: ${errorName(errorCode)}`;
      history.note("false out of order", `${what}, attempt ${batch.attempts}`);
      queue.finish(batch);
      this.#conclude(batch, "info");
      this.#mustReset = true;
    } else if (isOutOfOrder || isRetriable(errorCode)) {
      if (isIdempotent) queue.putBack(batch, time.monotonicMs() + retryMs);
      else {
        queue.finish(batch);
        this.#conclude(batch, isWithoutEffect(errorCode) ? "fail" : "info");
      }
      this.#isStale = true;
    } else {
      queue.finish(batch);
      // An earlier attempt may have been stored before this one was refused.
      this.#conclude(batch, batch.attempts > 1 ? "info" : "fail");
      this.#mustReset = true;
    }
  }

  #conclude(batch: QueuedBatch, outcome: Outcome, baseOffset = -1): void {
    for (const [index, send] of batch.sends.entries()) {
      if (baseOffset >= 0) send.offset = baseOffset + index;
      this.#options.history.end(send, outcome);
    }
  }

  /** Resolves when there may be something to do. */
  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.time.after(RETRY_MS, () => this.#wakeUp());
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

const LOST = { errorCode: ErrorCode.NETWORK_EXCEPTION, baseOffset: -1 } as const;

/** What a producer without a fault of its own never gets for the batch that comes next. */
const SEQUENCE_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.UNKNOWN_PRODUCER_ID,
]);

function isRetriable(errorCode: number): boolean {
  return errorInfo(errorCode)?.retriable ?? false;
}

/** Errors that say that nothing was stored. */
function isWithoutEffect(errorCode: number): boolean {
  return ["NOT_LEADER_OR_FOLLOWER", "UNKNOWN_TOPIC_OR_PARTITION", "UNKNOWN_TOPIC_ID"].includes(
    errorName(errorCode),
  );
}

/**
 * Whether the producer makes nothing new of what it sent: all is stored, or nobody knows. What was refused
 * gets another sequence, perhaps under another epoch, of which the broker knows nothing yet.
 */
function isOver(answer: Answer<typeof ProduceApi>): boolean {
  return (answer?.responses ?? []).every(({ partitionResponses }) =>
    partitionResponses.every(({ errorCode }) => errorCode === ErrorCode.NONE),
  );
}
