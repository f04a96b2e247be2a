/**
 * The records of `__consumer_offsets` that belong to classic groups, in Kafka's own format.
 *
 *   key    int16 type, then the fields of the type's key
 *   value  int16 version, then the fields of the type's value in that version; null is a tombstone
 *
 * Type 0 and 1: a committed offset (0 is how Kafka before 0.9 wrote it; the layout is the same).
 * Type 2: a group with its members. Other types exist, and newer Kafkas may add some: they decode to
 * `unknown`, so that a reader can pass over them.
 */
import { assert } from "@runnel/kit/assert.ts";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { Message } from "../api.ts";
import { array, bytes, type Decoded, type Input, int32, int64, string, uuid } from "../schema.ts";
import { decodeVersioned, encodePrefixed } from "./versioned.ts";

const offsetCommitKey = { group: string(), topic: string(), partition: int32() } as const;

/** v1 expiry per offset · v2 without it (KIP-211) · v3 leader epoch (KIP-320) · v4 topic id (KIP-848). */
const offsetCommitValue = {
  offset: int64(),
  leaderEpoch: int32({ versions: "3+", default: -1 }),
  metadata: string(),
  commitTimestamp: int64(),
  expireTimestamp: int64({ versions: "1", default: -1 }),
  topicId: uuid({ versions: "4+", tag: 0, tagged: "4+" }),
} as const;

const groupMetadataKey = { group: string() } as const;

/** v1 rebalance time-out (KIP-62) · v2 state time (KIP-211) · v3 instance id (KIP-345) · v4 flexible. */
const groupMetadataValue = {
  protocolType: string(),
  generation: int32(),
  protocol: string({ nullable: "0+" }),
  leader: string({ nullable: "0+" }),
  currentStateTimestamp: int64({ versions: "2+", default: -1 }),
  members: array({
    memberId: string(),
    groupInstanceId: string({ versions: "3+", nullable: "3+", default: null }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeout: int32({ versions: "1+", default: -1 }),
    sessionTimeout: int32(),
    subscription: bytes(),
    assignment: bytes(),
  }),
} as const;

export const OffsetCommitKey = new Message("OffsetCommitKey", offsetCommitKey, [0, 0], null);
export const OffsetCommitValue = new Message("OffsetCommitValue", offsetCommitValue, [0, 4], 4);
export const GroupMetadataKey = new Message("GroupMetadataKey", groupMetadataKey, [0, 0], null);
export const GroupMetadataValue = new Message("GroupMetadataValue", groupMetadataValue, [0, 4], 4);

/** The int16 with which a key begins. */
const RecordType = { LEGACY_OFFSET_COMMIT: 0, OFFSET_COMMIT: 1, GROUP_METADATA: 2 } as const;

type Tagged<K extends string, T> = { readonly kind: K } & T;

/** What a key can say that we write. */
export type OffsetsKey =
  | Tagged<"offset-commit", Decoded<typeof offsetCommitKey>>
  | Tagged<"group-metadata", Decoded<typeof groupMetadataKey>>;

/** A key of a type that we do not know, with the bytes after the type. */
export type UnknownOffsetsKey = Tagged<"unknown", { readonly type: number; rest: Uint8Array }>;

export type OffsetsValue =
  | Tagged<"offset-commit", Decoded<typeof offsetCommitValue>>
  | Tagged<"group-metadata", Decoded<typeof groupMetadataValue>>;

/** What the encoder takes; what is left out gets its default. */
export type OffsetsValueInput =
  | Tagged<"offset-commit", Input<typeof offsetCommitValue>>
  | Tagged<"group-metadata", Input<typeof groupMetadataValue>>;

/** The bytes of a record's key. */
export function encodeKey(key: OffsetsKey): Uint8Array {
  return key.kind === "offset-commit"
    ? encodePrefixed(OffsetCommitKey, { prefix: RecordType.OFFSET_COMMIT, version: 0 }, key)
    : encodePrefixed(GroupMetadataKey, { prefix: RecordType.GROUP_METADATA, version: 0 }, key);
}

/** Reads a record's key. Throws `DecodeError` where a key of a known type is malformed. */
export function decodeKey(key: Uint8Array): OffsetsKey | UnknownOffsetsKey {
  const reader = new ByteReader(key);
  const type = reader.int16();
  const rest = key.subarray(reader.offset);
  switch (type) {
    case RecordType.LEGACY_OFFSET_COMMIT:
    case RecordType.OFFSET_COMMIT:
      return { kind: "offset-commit", ...OffsetCommitKey.decode(rest, 0) };
    case RecordType.GROUP_METADATA:
      return { kind: "group-metadata", ...GroupMetadataKey.decode(rest, 0) };
    default:
      return { kind: "unknown", type, rest };
  }
}

/**
 * The bytes of a record's value, in the oldest version that holds all of it and that Kafka 2.3 and
 * later read: 3; for an offset 1 if it has an expiry time of its own, 4 if it has a topic id.
 */
export function encodeValue(value: OffsetsValueInput): Uint8Array {
  if (value.kind === "group-metadata")
    return encodePrefixed(GroupMetadataValue, { prefix: 3, version: 3 }, value);
  const hasExpiry = (value.expireTimestamp ?? -1) !== -1;
  const hasTopicId = (value.topicId ?? ZERO_UUID) !== ZERO_UUID;
  assert(!(hasExpiry && hasTopicId), "an offset with both an expiry time and a topic id");
  const version = hasExpiry ? 1 : hasTopicId ? 4 : 3;
  return encodePrefixed(OffsetCommitValue, { prefix: version, version }, value);
}

/**
 * Reads a record's value, given the kind of its key. Throws `DecodeError` where it is malformed or of
 * a version that we do not know: to pass over it would lose a group or an offset.
 */
export function decodeValue(kind: OffsetsKey["kind"], value: Uint8Array): OffsetsValue {
  return kind === "offset-commit"
    ? { kind, ...decodeVersioned(OffsetCommitValue, value) }
    : { kind, ...decodeVersioned(GroupMetadataValue, value) };
}
