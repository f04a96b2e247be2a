/**
 * Fetch sessions (KIP-227): what a consumer asked for is remembered, so that its next request and the
 * answer name only what changed.
 *
 * | request (id, epoch) | meaning |
 * |---|---|
 * | (any, −1) | full, closes that session, wants none |
 * | (0, 0), (id, 0) | full, closes that session, wants a new one |
 * | (id, n > 0) | incremental: listed ones are added or changed, forgotten ones removed |
 *
 * A session belongs to the connection that opened it.
 */
import type { Random } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";

export const INVALID_SESSION_ID = 0;
export const INITIAL_EPOCH = 0;
export const FINAL_EPOCH = -1;
const EPOCH_MAX = 0x7fffffff;
/** Partitions that all sessions remember together. */
export const SESSION_PARTITIONS_MAX = 500_000;

/** One partition as a client asks for it. */
export interface WantedPartition {
  /** By which the client names the topic: its name up to v12, its id from v13. */
  readonly topic: string;
  readonly index: number;
  readonly fetchOffset: number;
  readonly maxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

/** A partition in a session, with what the client was told last. */
export interface SessionPartition {
  wanted: WantedPartition;
  highWatermark: number;
  logStartOffset: number;
  hadError: boolean;
}

export interface FetchSession {
  readonly id: number;
  readonly connectionId: number;
  readonly usesTopicIds: boolean;
  /** The epoch that the next request must have. */
  nextEpoch: number;
  readonly partitions: Map<string, SessionPartition>;
}

export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly connectionId: number;
  readonly usesTopicIds: boolean;
  readonly wanted: readonly WantedPartition[];
  readonly forgotten: readonly { readonly topic: string; readonly index: number }[];
}

/** How one request is answered. */
export type SessionStep =
  | { readonly kind: "refused"; readonly errorCode: ErrorCode }
  /** Everything asked for is in the answer; `session` is the new one, if there is one. */
  | {
      readonly kind: "full";
      readonly session: FetchSession | null;
      readonly wanted: readonly WantedPartition[];
    }
  /** Only what changed is in the answer. */
  | {
      readonly kind: "incremental";
      readonly session: FetchSession;
      readonly wanted: readonly WantedPartition[];
    };

export function partitionKey(topic: string, index: number): string {
  return `${topic}:${index}`;
}

export class FetchSessions {
  readonly #random: Random;
  readonly #slotsMax: () => number;
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitionCount = 0;

  constructor(random: Random, slotsMax: () => number) {
    this.#random = random;
    this.#slotsMax = slotsMax;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Applies the session part of a request. */
  begin(request: SessionRequest): SessionStep {
    const { sessionId, sessionEpoch, connectionId, wanted } = request;
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
      const old = this.#sessions.get(sessionId);
      if (old !== undefined && old.connectionId === connectionId) this.#remove(old);
      const wantsOne = sessionEpoch === INITIAL_EPOCH && wanted.length > 0;
      return { kind: "full", session: wantsOne ? this.#create(request) : null, wanted };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined || session.connectionId !== connectionId) {
      return { kind: "refused", errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    }
    if (session.nextEpoch !== sessionEpoch) {
      return { kind: "refused", errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    }
    if (session.usesTopicIds !== request.usesTopicIds) {
      return { kind: "refused", errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
    }
    session.nextEpoch = sessionEpoch === EPOCH_MAX ? 1 : sessionEpoch + 1;
    this.#change(session, request);
    if (session.partitions.size === 0) {
      this.#remove(session);
      return { kind: "full", session: null, wanted: [] };
    }
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    const remembered = [...session.partitions.values()].map((one) => one.wanted);
    return { kind: "incremental", session, wanted: remembered };
  }

  #create(request: SessionRequest): FetchSession | null {
    const count = request.wanted.length;
    if (count > SESSION_PARTITIONS_MAX || this.#slotsMax() < 1) return null;
    while (
      this.#sessions.size >= this.#slotsMax() ||
      this.#partitionCount + count > SESSION_PARTITIONS_MAX
    ) {
      const oldest = this.#sessions.values().next();
      if (oldest.done) break;
      this.#remove(oldest.value);
    }
    let id: number;
    do id = 1 + this.#random.below(EPOCH_MAX);
    while (this.#sessions.has(id));
    const session: FetchSession = {
      id,
      connectionId: request.connectionId,
      usesTopicIds: request.usesTopicIds,
      nextEpoch: 1,
      partitions: new Map(),
    };
    this.#sessions.set(id, session);
    this.#change(session, request);
    return session;
  }

  #change(session: FetchSession, { wanted, forgotten }: SessionRequest): void {
    const before = session.partitions.size;
    for (const one of wanted) {
      const key = partitionKey(one.topic, one.index);
      const known = session.partitions.get(key);
      if (known !== undefined) known.wanted = one;
      else {
        session.partitions.set(key, {
          wanted: one,
          highWatermark: -1,
          logStartOffset: -1,
          hadError: true,
        });
      }
    }
    for (const { topic, index } of forgotten) session.partitions.delete(partitionKey(topic, index));
    this.#partitionCount += session.partitions.size - before;
  }

  #remove(session: FetchSession): void {
    if (this.#sessions.delete(session.id)) this.#partitionCount -= session.partitions.size;
  }
}
