/**
 * What can happen to a transactional id, and what is answered. A request carries a `ticket`; the reply to
 * it bears the same one.
 */
import type { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TopicPartitions } from "../group/events.ts";
import type { TransactionUsage } from "./limits.ts";
import type { ProducerIdentity, TransactionState } from "./model.ts";
import type { TransactionConfig } from "./ports.ts";
import type { TransactionRecord } from "./records.ts";

interface Request {
  readonly ticket: number;
  readonly transactionalId: string;
}

/** A producer begins to work under the id: whoever worked under it before does so no more. */
export interface InitEvent extends Request {
  readonly kind: "init";
  readonly timeoutMs: number;
  /** What the producer is now, where it says so (v3, KIP-360); null for somebody new. */
  readonly expected: ProducerIdentity | null;
  /** An id that no producer had, in case one is needed; null until that was said. */
  readonly freshProducerId: bigint | null;
}

export interface AddPartitionsEvent extends Request, ProducerIdentity {
  readonly kind: "add-partitions";
  readonly topics: readonly TopicPartitions[];
  /** 2 where the partitions come with what is produced (KIP-890), else 0. */
  readonly clientVersion: number;
}

/** Whether partitions belong to the transaction; changes nothing. */
export interface VerifyEvent extends Request, ProducerIdentity {
  readonly kind: "verify";
  readonly topics: readonly TopicPartitions[];
}

export interface EndEvent extends Request, ProducerIdentity {
  readonly kind: "end";
  readonly isCommit: boolean;
  /** EndTxn v5: the producer goes on with another epoch (KIP-890). */
  readonly bumpsEpoch: boolean;
  readonly freshProducerId: bigint | null;
}

export interface DescribeEvent extends Request {
  readonly kind: "describe";
  /** Waits a while for markers that are being written. */
  readonly awaitsEnd: boolean;
}

/** Somebody else than the producer wants what is under way aborted, and the producer fenced. */
export interface AbortEvent extends Request {
  readonly kind: "abort";
  /** `transactionVersion` of what is meant; null for whatever is under way. */
  readonly expectedVersion: string | null;
  /** Says what would be answered, and aborts nothing. */
  readonly isValidateOnly: boolean;
}

/** What may be held while the markers of a transaction are written. */
export type WaitingEvent = AddPartitionsEvent | VerifyEvent | DescribeEvent;

/** What the broker itself makes happen; nobody waits for an answer. */
export type InternalEvent =
  /** A deadline may have passed; `isLate` when the broker itself stood still. */
  | { readonly kind: "tick"; readonly transactionalId: string; readonly isLate: boolean }
  /** Of an id that is not used: it may be old enough to go. `nowMs` is wall time as far as it is believed. */
  | { readonly kind: "expire"; readonly transactionalId: string; readonly nowMs: number }
  /** Every partition has the marker of the transaction that this identity ended, or is gone. */
  | ({ readonly kind: "markers-written"; readonly transactionalId: string } & ProducerIdentity);

export type TransactionEvent =
  | InitEvent
  | AddPartitionsEvent
  | VerifyEvent
  | EndEvent
  | DescribeEvent
  | AbortEvent
  | InternalEvent;

export interface ErrorResult {
  readonly errorCode: ErrorCode;
}

/** Who the producer is from here on; −1 twice with an error. */
export interface IdentityResult extends ErrorResult, ProducerIdentity {
  /** Nothing was decided: ask again with a fresh producer id. */
  readonly needsProducerId: boolean;
}

export interface TransactionDescription extends ProducerIdentity {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly timeoutMs: number;
  /** Wall ms; −1 for none. */
  readonly startedAt: number;
  /** Wall ms of the record that says so. */
  readonly updatedAt: number;
  readonly topics: readonly TopicPartitions[];
}

/** A result by the kind of the event that asked for it. */
export interface ResultOf {
  init: IdentityResult;
  "add-partitions": ErrorResult;
  /** In the order of topics and partitions; NONE, or what is wrong with each. */
  verify: { readonly errorCodes: readonly (readonly ErrorCode[])[] };
  end: IdentityResult;
  describe: ErrorResult & { readonly transaction: TransactionDescription | null };
  /** With what was there before, also where it is not aborted; null for an id that is not known. */
  abort: ErrorResult & { readonly transaction: TransactionDescription | null };
}

export type RequestKind = keyof ResultOf;

export type TransactionReply = {
  [K in RequestKind]: { readonly kind: K; readonly ticket: number; readonly result: ResultOf[K] };
}[RequestKind];

export interface TransactionStep {
  readonly records: readonly TransactionRecord[];
  readonly replies: readonly TransactionReply[];
  /** Monotonic ms before which no `tick` is needed; null for none. */
  readonly deadlineMs: number | null;
}

/** When an event happens, by both clocks, and the settings and counts at that moment. */
export interface StepContext {
  /** Monotonic ms: for transaction timeouts. */
  readonly nowMs: number;
  /** Wall ms: for records. */
  readonly wallMs: number;
  readonly config: TransactionConfig;
  readonly usage: TransactionUsage;
}

/** A step in the making. */
export interface Turn extends StepContext {
  readonly records: TransactionRecord[];
  readonly replies: TransactionReply[];
}
