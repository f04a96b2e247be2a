/**
 * The records of `__transaction_state`, in Kafka's own format: one per transactional id, the last counts.
 *
 *   key    int16 type, then the fields of the type's key
 *   value  int16 version, then the fields of the type's value in that version; null is a tombstone
 *
 * Type 0: the state of a transactional id. Newer Kafkas may add types: they decode to `unknown`, so that
 * a reader can pass over them. What is tagged came with KIP-890 and, tag 3, KIP-939.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { Message } from "../api.ts";
import {
  array,
  bigint64,
  type Decoded,
  type Input,
  int8,
  int16,
  int32,
  int64,
  string,
} from "../schema.ts";
import { decodeVersioned, encodePrefixed } from "./versioned.ts";

const transactionLogKey = { transactionalId: string() } as const;

const transactionLogValue = {
  producerId: bigint64(),
  previousProducerId: bigint64({ versions: "1+", tag: 0, tagged: "1+", default: -1 }),
  nextProducerId: bigint64({ versions: "1+", tag: 1, tagged: "1+", default: -1 }),
  producerEpoch: int16(),
  nextProducerEpoch: int16({ versions: "1+", tag: 3, tagged: "1+", default: -1 }),
  transactionTimeoutMs: int32(),
  transactionStatus: int8(),
  transactionPartitions: array(
    { topic: string(), partitionIds: array(int32()) },
    { nullable: "0+" },
  ),
  transactionLastUpdateTimestampMs: int64(),
  transactionStartTimestampMs: int64(),
  clientTransactionVersion: int16({ versions: "1+", tag: 2, tagged: "1+", default: 0 }),
} as const;

export const TransactionLogKey = new Message("TransactionLogKey", transactionLogKey, [0, 0], null);
export const TransactionLogValue = new Message(
  "TransactionLogValue",
  transactionLogValue,
  [0, 1],
  1,
);

export type TransactionLogValueDecoded = Decoded<typeof transactionLogValue>;
export type TransactionLogValueInput = Input<typeof transactionLogValue>;

const TRANSACTION_TYPE = 0;
/** Kafka 3.4 and later read it. */
const VALUE_VERSION = 1;

/** What a key says; the bytes after the type where we do not know the type. */
export type TransactionKey =
  | { readonly kind: "transaction"; readonly transactionalId: string }
  | { readonly kind: "unknown"; readonly type: number; readonly rest: Uint8Array };

/** The bytes of the key of a transactional id's records. */
export function encodeTransactionKey(transactionalId: string): Uint8Array {
  const form = { prefix: TRANSACTION_TYPE, version: 0 };
  return encodePrefixed(TransactionLogKey, form, { transactionalId });
}

/** Reads a record's key. Throws `DecodeError` where a key of a known type is malformed. */
export function decodeTransactionKey(key: Uint8Array): TransactionKey {
  const reader = new ByteReader(key);
  const type = reader.int16();
  const rest = key.subarray(reader.offset);
  if (type !== TRANSACTION_TYPE) return { kind: "unknown", type, rest };
  return { kind: "transaction", ...TransactionLogKey.decode(rest, 0) };
}

/** The bytes of a value. */
export function encodeTransactionValue(value: TransactionLogValueInput): Uint8Array {
  const form = { prefix: VALUE_VERSION, version: VALUE_VERSION };
  return encodePrefixed(TransactionLogValue, form, value);
}

/** Reads a value. Throws `DecodeError`, also for a version that is not known. */
export function decodeTransactionValue(value: Uint8Array): TransactionLogValueDecoded {
  return decodeVersioned(TransactionLogValue, value);
}
