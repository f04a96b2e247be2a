/**
 * The part of a consumer that reads: positions in partitions, fetch sessions, leader epochs, and what to
 * do with every error. Used by pollers and by members of groups.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import type { History, Isolation, Read } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import { type Aborted, readBatches } from "./records.ts";
import type { Topics } from "./topics.ts";
import type { WireClient } from "./wire-client.ts";

const FETCH_TIMEOUT_MS = 10_000;
const RETRY_MS = 50;
const SESSIONS_SINCE = 7;
const EPOCHS_SINCE = 9;
const LAST_EPOCH_SINCE = 12;
const TOPIC_IDS_SINCE = 13;

export interface FetcherOptions {
  readonly name: string;
  readonly client: WireClient;
  readonly topics: Topics;
  readonly history: History;
  readonly chance: Chance;
  readonly version: number;
  readonly isolation: Isolation;
  /** Small, so that reads begin and end in the middle of things. */
  readonly partitionBytesMax: number;
}

interface Position {
  readonly topic: string;
  readonly index: number;
  offset: number;
  /** Of the last record read; −1 before any. */
  lastEpoch: number;
  /** What the broker's session knows of it; null for nothing. */
  told: string | null;
}

interface Session {
  readonly id: number;
  readonly epoch: number;
}

const NO_SESSION: Session = { id: 0, epoch: 0 };

type FetchedPartition = Exclude<
  Awaited<ReturnType<typeof WireClient.prototype.call<typeof FetchApi>>>,
  null
>["responses"][number]["partitions"][number];

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #positions = new Map<string, Position>();
  #session = NO_SESSION;
  #isStale = false;
  #sessionName = 0;
  /** In which transaction the reads are made. */
  transaction: string | null = null;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Reads `partitions` from here on, each from its offset; a session of the history begins. */
  assign(offsets: ReadonlyMap<string, number>): void {
    this.#positions.clear();
    for (const [partition, offset] of offsets) {
      const { topic, index } = this.#options.topics.find(partition);
      this.#positions.set(partition, { topic, index, offset, lastEpoch: -1, told: null });
    }
    this.#session = NO_SESSION;
    this.#sessionName += 1;
  }

  get positions(): ReadonlyMap<string, number> {
    return new Map([...this.#positions].map(([partition, { offset }]) => [partition, offset]));
  }

  /** Fetches once, notes what was read and returns it; null when there was no answer, or an error. */
  async poll(maxWaitMs: number): Promise<readonly Read[] | null> {
    const { client, topics, history, name, isolation, version } = this.#options;
    if (this.#isStale || !topics.isKnown) {
      if (!(await topics.refresh(client))) return null;
      this.#isStale = false;
    }
    const invoked = history.now();
    const response = await client.call(FetchApi, version, this.#request(maxWaitMs), {
      timeoutMs: maxWaitMs + FETCH_TIMEOUT_MS,
    });
    if (response === null || response.errorCode !== ErrorCode.NONE) {
      this.#forgetSession();
      if (response !== null) await client.sleep(RETRY_MS);
      return null;
    }
    if (this.#session.id === 0) this.#session = { id: response.sessionId, epoch: 1 };
    else this.#session = { id: response.sessionId, epoch: this.#session.epoch + 1 };
    if (response.sessionId === 0) this.#forgetSession();
    const reads: Read[] = [];
    let isGood = true;
    for (const { topic, topicId, partitions } of response.responses) {
      const topicName = version >= TOPIC_IDS_SINCE ? topics.nameOf(topicId) : topic;
      for (const fetched of partitions) {
        const partition = `${topicName}-${fetched.partitionIndex}`;
        const position = this.#positions.get(partition);
        if (position === undefined) continue;
        const read = this.#take(partition, position, fetched);
        if (read === null) isGood = false;
        else if (read.to > read.from) reads.push(read);
      }
    }
    if (reads.length > 0) {
      const session = `${name}/${this.#sessionName}`;
      const { transaction } = this;
      const ended = history.now();
      history.polls.push({ process: name, session, isolation, transaction, invoked, ended, reads });
    }
    if (!isGood) await client.sleep(RETRY_MS);
    return isGood || reads.length > 0 ? reads : null;
  }

  #request(maxWaitMs: number) {
    const { version, isolation, partitionBytesMax, topics } = this.#options;
    const isNew = this.#session.id === 0;
    const byTopic = new Map<string, [string, Position][]>();
    for (const entry of this.#positions) {
      const { topic, offset, lastEpoch } = entry[1];
      const told = `${offset}/${lastEpoch}/${topics.epochOf(entry[0])}`;
      if (!isNew && entry[1].told === told) continue;
      entry[1].told = told;
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), entry]);
    }
    const canHaveSession = version >= SESSIONS_SINCE;
    return {
      maxWaitMs,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolationLevel: isolation === "read_committed" ? 1 : 0,
      sessionId: canHaveSession ? this.#session.id : 0,
      sessionEpoch: canHaveSession ? this.#session.epoch : -1,
      topics: [...byTopic].map(([topic, entries]) => ({
        topic,
        topicId: topics.idOf(topic) ?? ZERO_UUID,
        partitions: entries.map(([partition, position]) => ({
          partition: position.index,
          currentLeaderEpoch: version >= EPOCHS_SINCE ? topics.epochOf(partition) : -1,
          fetchOffset: position.offset,
          lastFetchedEpoch: version >= LAST_EPOCH_SINCE ? position.lastEpoch : -1,
          partitionMaxBytes: partitionBytesMax,
        })),
      })),
      forgottenTopicsData: [],
    };
  }

  /** Moves on behind what came for one partition; null for an error. */
  #take(partition: string, position: Position, fetched: FetchedPartition): Read | null {
    const { history, isolation, name } = this.#options;
    const { errorCode, divergingEpoch, records, logStartOffset } = fetched;
    if (divergingEpoch.epoch !== -1 || divergingEpoch.endOffset !== -1) {
      const { epoch, endOffset } = divergingEpoch;
      const what = `${name} read ${partition} to ${position.offset} in epoch ${position.lastEpoch}`;
      history.note("truncated", `${what}; now epoch ${epoch} ends at ${endOffset}`);
      this.#reset(position, Math.min(position.offset, endOffset));
      return null;
    }
    if (errorCode !== ErrorCode.NONE) {
      this.#isStale = true;
      this.#forgetSession();
      if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
        history.note("truncated", `${name}: ${position.offset} is out of range in ${partition}`);
        this.#reset(position, Math.max(0, logStartOffset));
      } else if (errorCode === ErrorCode.CORRUPT_MESSAGE) {
        history.note("bug", `${name}: ${partition} at ${position.offset}: ${errorName(errorCode)}`);
      }
      return null;
    }
    const aborted: readonly Aborted[] = fetched.abortedTransactions ?? [];
    const bytes = records ?? new Uint8Array(0);
    const from = position.offset;
    const read = readBatches({ bytes, aborted }, from, isolation);
    if (read.to <= from) return { partition, from, to: from, records: [] };
    position.offset = read.to;
    position.lastEpoch = read.leaderEpoch;
    return { partition, from, to: read.to, records: read.records };
  }

  #reset(position: Position, offset: number): void {
    position.offset = offset;
    position.lastEpoch = -1;
    this.#sessionName += 1;
  }

  #forgetSession(): void {
    this.#session = NO_SESSION;
    for (const position of this.#positions.values()) position.told = null;
  }
}
