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
 * A session belongs to the connection that opened it. One that is in use is never given up for a new
 * one: who finds no room is answered in full, without a session.
 */
import type { Random } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";

export const INVALID_SESSION_ID = 0;
export const INITIAL_EPOCH = 0;
export const FINAL_EPOCH = -1;
const EPOCH_MAX = 0x7fffffff;
/** Partitions that all sessions remember together. */
export const SESSION_PARTITIONS_MAX = 500_000;
/** A session used within this time is not given up (Kafka: min.incremental.fetch.session.eviction.ms). */
export const EVICTION_MS_MIN = 120_000;
/** How often sessions of connections that have gone are looked for, while new ones are opened. */
const SWEEP_INTERVAL_MS = 1000;

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
  readonly connection: { readonly isGone: boolean };
  readonly usesTopicIds: boolean;
  /** Monotonic ms. */
  usedAt: number;
  /** The epoch that the next request must have. */
  nextEpoch: number;
  readonly partitions: Map<string, SessionPartition>;
}

export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly connectionId: number;
  readonly connection: { readonly isGone: boolean };
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

/** How many of `wanted` the session does not have yet. */
function addedTo({ partitions }: FetchSession, wanted: readonly WantedPartition[]): number {
  let count = 0;
  for (const { topic, index } of wanted)
    if (!partitions.has(partitionKey(topic, index))) count += 1;
  return count;
}

export class FetchSessions {
  readonly #random: Random;
  readonly #slotsMax: () => number;
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();
  readonly #partitionsMax: number;
  #partitionCount = 0;
  #sweptAt = 0;

  constructor(random: Random, slotsMax: () => number, partitionsMax = SESSION_PARTITIONS_MAX) {
    this.#random = random;
    this.#slotsMax = slotsMax;
    this.#partitionsMax = partitionsMax;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Applies the session part of a request that came at `nowMs` (monotonic). */
  begin(request: SessionRequest, nowMs: number): SessionStep {
    const { sessionId, sessionEpoch, connectionId, wanted } = request;
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
      const old = this.#sessions.get(sessionId);
      if (old !== undefined && old.connectionId === connectionId) this.#remove(old);
      const wantsOne = sessionEpoch === INITIAL_EPOCH && wanted.length > 0;
      return { kind: "full", session: wantsOne ? this.#create(request, nowMs) : null, wanted };
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
    session.usedAt = nowMs;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    if (!this.#makeRoom(this.#sessions.size, addedTo(session, wanted), nowMs)) {
      this.#remove(session);
      return { kind: "refused", errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    }
    this.#change(session, request);
    if (session.partitions.size === 0) {
      this.#remove(session);
      return { kind: "full", session: null, wanted: [] };
    }
    const remembered = [...session.partitions.values()].map((one) => one.wanted);
    return { kind: "incremental", session, wanted: remembered };
  }

  #create(request: SessionRequest, nowMs: number): FetchSession | null {
    const count = request.wanted.length;
    if (count > this.#partitionsMax || this.#slotsMax() < 1) return null;
    this.#sweep(nowMs);
    if (!this.#makeRoom(this.#slotsMax() - 1, count, nowMs)) return null;
    let id: number;
    do id = 1 + this.#random.below(EPOCH_MAX);
    while (this.#sessions.has(id));
    const session: FetchSession = {
      id,
      connectionId: request.connectionId,
      connection: request.connection,
      usesTopicIds: request.usesTopicIds,
      usedAt: nowMs,
      nextEpoch: 1,
      partitions: new Map(),
    };
    this.#sessions.set(id, session);
    this.#change(session, request);
    return session;
  }

  /**
   * Gives up sessions, the one used least recently first, until at most `sessionsMax` are left and
   * `count` partitions more can be remembered; returns whether that came about.
   */
  #makeRoom(sessionsMax: number, count: number, nowMs: number): boolean {
    while (
      this.#sessions.size > sessionsMax ||
      this.#partitionCount + count > this.#partitionsMax
    ) {
      const oldest = this.#sessions.values().next();
      if (oldest.done || nowMs - oldest.value.usedAt < EVICTION_MS_MIN) return false;
      this.#remove(oldest.value);
    }
    return true;
  }

  /** Removes the sessions of connections that have gone: nobody else may use them. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptAt < SWEEP_INTERVAL_MS) return;
    this.#sweptAt = nowMs;
    for (const session of this.#sessions.values()) {
      if (session.connection.isGone) this.#remove(session);
    }
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
