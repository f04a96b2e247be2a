/** Records of the broker's own topics, and the ends of transactions, as JSON for people. */
import { Buffer } from "node:buffer";
import { DecodeError } from "@runnel/kit/errors.ts";
import {
  decodeConsumerKey,
  decodeConsumerValue,
} from "@runnel/protocol/coordinator-records/consumer-group-records.ts";
import {
  decodeAssignment,
  decodeSubscription,
} from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import {
  decodeKey,
  decodeValue,
  type OffsetsKey,
  type OffsetsValue,
} from "@runnel/protocol/coordinator-records/offsets-records.ts";

const OFFSETS_TOPIC = "__consumer_offsets";

/** A key and a value as JSON; null for a part that reads in no special way. */
export interface InternalText {
  readonly key: string | null;
  readonly value: string | null;
}

const NOTHING: InternalText = { key: null, value: null };

/** What a record of one of the broker's own topics says; nothing for those of other topics. */
export function readInternal(
  topic: string,
  key: Uint8Array | null,
  value: Uint8Array | null,
): InternalText {
  if (topic !== OFFSETS_TOPIC || key === null) return NOTHING;
  const decoded = attempt(() => decodeKey(key));
  if (decoded === null) return NOTHING;
  if (decoded.kind === "unknown") return readConsumerGroup(decoded, value);
  const of = value === null ? null : attempt(() => decodeValue(decoded.kind, value));
  return {
    key: JSON.stringify(keyOf(decoded)),
    value: of === null ? null : JSON.stringify(valueOf(of), exactly),
  };
}

/** Records of groups of the consumer protocol (KIP-848): the kind stands in the key. */
function readConsumerGroup(
  { type, rest }: { readonly type: number; readonly rest: Uint8Array },
  value: Uint8Array | null,
): InternalText {
  const decoded = attempt(() => decodeConsumerKey(type, rest));
  if (decoded === null) return NOTHING;
  const { kind, key } = decoded;
  const of = value === null ? null : attempt(() => decodeConsumerValue(kind, value));
  return {
    key: JSON.stringify({ [kind]: key }),
    value: of === null ? null : JSON.stringify(of, exactly),
  };
}

/** What the marker at the end of a transaction says: COMMIT or ABORT. Source: KIP-98. */
export function readMarker(key: Uint8Array | null): string | null {
  if (key === null || key.length !== 4) return null;
  const type = Buffer.from(key).readInt16BE(2);
  return type === 0 ? "ABORT" : type === 1 ? "COMMIT" : null;
}

function keyOf(key: OffsetsKey): object {
  return key.kind === "offset-commit"
    ? { offsetOf: { group: key.group, topic: key.topic, partition: key.partition } }
    : { group: key.group };
}

function valueOf(value: OffsetsValue): object {
  if (value.kind === "offset-commit") {
    const { kind: _, commitTimestamp, expireTimestamp, ...rest } = value;
    const expiry = expireTimestamp < 0 ? {} : { expiresAt: timeOf(expireTimestamp) };
    return { ...rest, committedAt: timeOf(commitTimestamp), ...expiry };
  }
  const { kind: _, currentStateTimestamp, members, ...rest } = value;
  return {
    ...rest,
    changedAt: timeOf(currentStateTimestamp),
    members: members.map(({ subscription, assignment, ...member }) => ({
      ...member,
      subscription: attempt(() => decodeSubscription(subscription)) ?? subscription,
      assignment: attempt(() => decodeAssignment(assignment)) ?? assignment,
    })),
  };
}

/** ISO 8601 in UTC; null for none. */
function timeOf(timestamp: number): string | number | null {
  if (timestamp < 0) return null;
  return timestamp <= 8_640_000_000_000_000 ? new Date(timestamp).toISOString() : timestamp;
}

/** Bytes as base64, 64-bit numbers as digits. */
function exactly(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "bigint" ? String(value) : value;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
