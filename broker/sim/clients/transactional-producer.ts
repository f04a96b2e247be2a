/**
 * A transactional producer, one request at a time: by the classic protocol, which adds partitions before
 * it sends to them, or by the second one (KIP-890), in which every end brings another epoch. What cannot be
 * gone on with is ended by a new start of the producer, as applications do.
 */
import { ErrorCode, errorInfo, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { AddPartitionsToTxnApi } from "@runnel/protocol/messages/24-add-partitions-to-txn.ts";
import { AddOffsetsToTxnApi } from "@runnel/protocol/messages/25-add-offsets-to-txn.ts";
import { EndTxnApi } from "@runnel/protocol/messages/26-end-txn.ts";
import { TxnOffsetCommitApi } from "@runnel/protocol/messages/28-txn-offset-commit.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import type { History, OffsetCommit, Send, Transaction } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { SimTime } from "../world/time.ts";
import { compactedRecordOf, recordOf } from "./records.ts";
import type { Topics } from "./topics.ts";
import type { WireClient } from "./wire-client.ts";

const REQUEST_TIMEOUT_MS = 6_000;
const RETRY_MS = 30;
/** How long one step of a transaction is tried, ms. */
const STEP_MS_MAX = 20_000;

export interface TransactionalProducerOptions {
  readonly name: string;
  readonly transactionalId: string;
  readonly client: WireClient;
  readonly topics: Topics;
  readonly history: History;
  readonly chance: Chance;
  readonly time: SimTime;
  /** By KIP-890. */
  readonly isSecond: boolean;
  readonly timeoutMs: number;
  /** No other process that lives works under the transactional id. */
  readonly isAlone: boolean;
  nextValue(): number;
}

/** What a step came to: done; the transaction has to be aborted; or the producer has to start anew. */
type Step = "done" | "abort" | "restart";

/** Nobody else uses these codes to say that another producer took over or that time is over. */
const RESTARTS: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
]);

/** What it is told where another one took over, or where its time is over. */
const FENCED: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
]);
/**
 * Refusals of a batch by the moment at which it came: before the end of the transaction its epoch was not
 * over, and before a leap of the calendar, or after it, its timestamp was not of the future.
 */
const DIFFERS_BY_TIME: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_TIMESTAMP,
]);
/** What the broker leaves a transaction at least, whatever the calendar says at a restart, ms. */
const GRACE_MS = 5_000;

export class TransactionalProducer {
  readonly #options: TransactionalProducerOptions;
  #identity: { readonly producerId: bigint; readonly producerEpoch: number } | null = null;
  readonly #sequences = new Map<string, number>();
  #transaction: Transaction | null = null;
  #added = new Set<string>();
  /** What is committed with the transaction, if it is. */
  #commits: OffsetCommit[] = [];
  #mustRestart = false;
  /** Monotonic ms. */
  #begunAt = 0;
  /** Requests that the last start took: of several, a former one may have had its effect last. */
  #startAttempts = 0;
  #count = 0;

  constructor(options: TransactionalProducerOptions) {
    this.#options = options;
  }

  /** Whether it can begin a transaction without a start, which takes the id from whoever has it. */
  get isStarted(): boolean {
    return this.#identity !== null;
  }

  /** How long a transaction may take, ms. */
  get timeoutMs(): number {
    return this.#options.timeoutMs;
  }

  /** Starts it, or starts it anew: whoever had the transactional id has it no more. */
  async start(): Promise<void> {
    this.#identity = null;
    await this.#startOver();
  }

  /** Begins a transaction, after a start of the producer where one is due; returns its name. */
  async begin(): Promise<string> {
    await this.#startOver();
    const { history, name, time } = this.#options;
    this.#begunAt = time.monotonicMs();
    this.#count += 1;
    const id = `${name}#${this.#count}`;
    this.#transaction = history.beginTransaction({ process: name, id });
    this.#added = new Set();
    this.#commits = [];
    return id;
  }

  /** Sends `count` records within the transaction; false where it has to be aborted. */
  async send(partition: string, count: number): Promise<readonly Send[] | null> {
    const { history, name, nextValue, time } = this.#options;
    const transaction = this.#transaction?.id ?? null;
    const sends = Array.from({ length: count }, () =>
      history.invokeSend({ process: name, partition, value: nextValue(), transaction }),
    );
    const timestamp = time.nowMs();
    const isAdded = (await this.#addPartition(partition)) === "done";
    if (!isAdded) for (const send of sends) history.end(send, "fail");
    return isAdded && (await this.#produce(partition, sends, timestamp)) === "done" ? sends : null;
  }

  /** Moves the offsets of `group` with the transaction; false where it has to be aborted. */
  async commitOffsets(group: string, offsets: ReadonlyMap<string, number>): Promise<boolean> {
    const { client, transactionalId, isSecond, history, name } = this.#options;
    const identity = this.#known();
    if (!isSecond) {
      const step = await this.#repeat(async () => {
        const request = { transactionalId, ...identity, groupId: group };
        const answer = await client.call(AddOffsetsToTxnApi, 3, request, SHORT);
        return answer?.errorCode ?? LOST;
      });
      if (step !== "done") return this.#stumble(step);
    }
    const commits: OffsetCommit[] = [...offsets].map(([partition, offset]) =>
      history.invokeCommit({ process: name, group, partition, offset }),
    );
    this.#commits.push(...commits);
    const step = await this.#repeat(async () => {
      const request = {
        transactionalId,
        groupId: group,
        ...identity,
        topics: commits.map(({ partition, offset: committedOffset }) => {
          const { topic, index: partitionIndex } = this.#options.topics.find(partition);
          const one = { partitionIndex, committedOffset, committedMetadata: "" };
          return { name: topic, partitions: [one] };
        }),
      };
      const version = isSecond ? 5 : 3;
      const late = { ...SHORT, mayEcho: () => isSecond };
      const answer = await client.call(TxnOffsetCommitApi, version, request, late);
      const codes = answer?.topics.flatMap(({ partitions }) => partitions) ?? [];
      if (answer === null) return LOST;
      return codes.find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? 0;
    });
    return step === "done" || this.#stumble(step);
  }

  /** Asks for the end of the transaction; true when it is known that it ended so. */
  async end(isCommit: boolean): Promise<boolean> {
    const { client, transactionalId, isSecond, history } = this.#options;
    const transaction = this.#transaction;
    this.#transaction = null;
    if (transaction === null || this.#identity === null) return false;
    transaction.isCommit = isCommit;
    transaction.endInvoked = history.now();
    const request = { transactionalId, ...this.#identity, committed: isCommit };
    let mayHaveEnded = false;
    const step = await this.#repeat(async () => {
      const late = { ...SHORT, mayEcho: () => isSecond };
      const answer = await client.call(EndTxnApi, isSecond ? 5 : 3, request, late);
      const errorCode = answer?.errorCode ?? LOST;
      if (errorCode === ErrorCode.NONE && isSecond && answer !== null) this.#adopt(answer);
      else if (errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS && isRetriable(errorCode)) {
        mayHaveEnded = true;
      }
      return errorCode;
    });
    if (step === "done") {
      history.end(transaction, "ok");
      for (const commit of this.#commits) history.end(commit, isCommit ? "ok" : "fail");
      return true;
    }
    this.#identity = null;
    history.end(transaction, mayHaveEnded ? "info" : "fail");
    return false;
  }

  async #startOver(): Promise<void> {
    if (this.#identity === null) this.#startAttempts = 0;
    while (this.#identity === null) await this.#start();
  }

  async #start(): Promise<void> {
    this.#startAttempts += 1;
    const { client, transactionalId, timeoutMs: transactionTimeoutMs } = this.#options;
    const request = { transactionalId, transactionTimeoutMs };
    const answer = await client.call(InitProducerIdApi, 4, request, SHORT);
    if (answer !== null && answer.errorCode === ErrorCode.NONE) this.#adopt(answer);
    else await client.sleep(RETRY_MS);
  }

  #adopt(answer: { readonly producerId: bigint; readonly producerEpoch: number }): void {
    const { producerId, producerEpoch } = answer;
    this.#identity = { producerId, producerEpoch };
    this.#sequences.clear();
  }

  async #addPartition(partition: string): Promise<Step> {
    const { client, transactionalId, isSecond, topics } = this.#options;
    if (isSecond || this.#added.has(partition)) return "done";
    const { producerId, producerEpoch } = this.#known();
    const { topic, index } = topics.find(partition);
    const step = await this.#repeat(async () => {
      const request = {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [index] }],
      };
      const answer = await client.call(AddPartitionsToTxnApi, 3, request, SHORT);
      const [found] = answer?.resultsByTopicV3AndBelow ?? [];
      return found?.resultsByPartition[0]?.partitionErrorCode ?? LOST;
    });
    if (step === "done") this.#added.add(partition);
    else this.#stumble(step);
    return step;
  }

  async #produce(partition: string, sends: readonly Send[], timestamp: number): Promise<Step> {
    const { client, topics, transactionalId, isSecond, history, chance } = this.#options;
    const { topic, index } = topics.find(partition);
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const make = topics.isCompacted(partition) ? compactedRecordOf : recordOf;
    const records = sends.map(({ value }) => make(value, timestamp, chance.below(50)));
    const identity = { ...this.#known(), isTransactional: true, baseSequence };
    let attempts = 0;
    let baseOffset = -1;
    let mayDiffer = false;
    const step = await this.#repeat(async () => {
      attempts += 1;
      const request = {
        transactionalId,
        acks: -1,
        timeoutMs: REQUEST_TIMEOUT_MS,
        topicData: [
          {
            name: topic,
            partitionData: [{ index, records: buildBatch({ ...identity, records }) }],
          },
        ],
      };
      const late = { ...SHORT, mayEcho: (answer: unknown) => isSecond || answer !== null };
      const answer = await client.call(ProduceApi, isSecond ? 12 : 10, request, late);
      const found = answer?.responses[0]?.partitionResponses[0];
      baseOffset = found?.baseOffset ?? -1;
      mayDiffer = DIFFERS_BY_TIME.has(found?.errorCode ?? LOST);
      return found?.errorCode ?? LOST;
    });
    for (const [at, send] of sends.entries()) {
      if (step === "done") send.offset = baseOffset + at;
      // Refused for good the first time: nothing of it is stored. The network may have brought the request
      // twice; mostly the other one met the same answer.
      const refusal = attempts === 1 && !mayDiffer ? "fail" : "info";
      history.end(send, step === "done" ? "ok" : refusal);
    }
    if (step === "done") this.#sequences.set(partition, baseSequence + sends.length);
    else this.#stumble("restart");
    return step;
  }

  /** Tries until there is an outcome; gives up, for a restart, when that takes too long. */
  async #repeat(attempt: () => Promise<number>): Promise<Step> {
    const { client, time } = this.#options;
    const deadline = time.monotonicMs() + STEP_MS_MAX;
    while (time.monotonicMs() < deadline) {
      const errorCode = await attempt();
      if (errorCode === ErrorCode.NONE) return "done";
      if (FENCED.has(errorCode)) this.#judgeFencing(errorCode);
      if (RESTARTS.has(errorCode)) return "restart";
      if (!isRetriable(errorCode)) return "abort";
      await client.sleep(RETRY_MS);
    }
    return "restart";
  }

  /** Time passes as the monotonic clock says; what the calendar says must not end a transaction. */
  #judgeFencing(errorCode: number): void {
    const { time, timeoutMs, isAlone, history, transactionalId } = this.#options;
    if (!isAlone || this.#startAttempts > 1) return;
    const sinceMs = time.monotonicMs() - this.#begunAt;
    if (sinceMs >= Math.min(timeoutMs, GRACE_MS)) return;
    const what = `${transactionalId}: ${errorName(errorCode)} after ${sinceMs} of ${timeoutMs} ms`;
    history.note("early expiry", what);
  }

  /** After what cannot be gone on with, the next transaction begins with a start of the producer. */
  #stumble(step: Step): false {
    if (step === "restart") this.#mustRestart = true;
    return false;
  }

  /** Gives the transaction up: by an abort where the producer can, else by starting it anew. */
  async giveUp(): Promise<void> {
    if (!this.#mustRestart) {
      await this.end(false);
      return;
    }
    this.#mustRestart = false;
    this.#transaction = null;
    this.#identity = null;
  }

  #known(): { readonly producerId: bigint; readonly producerEpoch: number } {
    if (this.#identity === null) throw new Error("sim: no transaction was begun");
    return this.#identity;
  }
}

const SHORT = { timeoutMs: REQUEST_TIMEOUT_MS } as const;
const LOST: number = ErrorCode.NETWORK_EXCEPTION;

function isRetriable(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.CONCURRENT_TRANSACTIONS || (errorInfo(errorCode)?.retriable ?? false)
  );
}
