/**
 * The records of `__consumer_offsets` that belong to groups of the consumer protocol (KIP-848), in Kafka's
 * own format.
 *
 *   key    int16 type, then the fields of the type's key; not flexible
 *   value  int16 version, then the fields of the type's value; flexible; null is a tombstone
 *
 * Type 3: the epoch of a group. 5: a member and what it asks for. 6: the epoch of the target assignment.
 * 7: a member's part of the target. 8: where a member stands on its way there. 16: the topics that a
 * regular expression stands for. Type 4 (partitions of topics, before KIP-1101) is neither read nor
 * written: type 3 has a hash of them.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { Message } from "../api.ts";
import {
  array,
  bigint64,
  bytes,
  type Decoded,
  type Input,
  int8,
  int32,
  int64,
  type Schema,
  string,
  struct,
  uuid,
} from "../schema.ts";

const groupKey = { groupId: string() } as const;
const memberKey = { groupId: string(), memberId: string() } as const;
const patternKey = { groupId: string(), regularExpression: string() } as const;

const groupValue = {
  epoch: int32(),
  metadataHash: bigint64({ tag: 0, tagged: "0+" }),
} as const;

const memberValue = {
  instanceId: string({ nullable: "0+" }),
  rackId: string({ nullable: "0+" }),
  clientId: string(),
  clientHost: string(),
  subscribedTopicNames: array(string()),
  subscribedTopicRegex: string({ nullable: "0+" }),
  rebalanceTimeoutMs: int32({ default: -1 }),
  serverAssignor: string({ nullable: "0+" }),
  classicMemberMetadata: struct(
    {
      sessionTimeoutMs: int32(),
      supportedProtocols: array({ name: string(), metadata: bytes() }),
    },
    { nullable: "0+", default: null, tag: 0, tagged: "0+" },
  ),
} as const;

const targetMetadataValue = {
  assignmentEpoch: int32(),
  assignmentTimestamp: int64({ tag: 0, tagged: "0+" }),
} as const;

const targetMemberValue = {
  topicPartitions: array({ topicId: uuid(), partitions: array(int32()) }),
} as const;

/** v0 with the epoch at which each partition was given (KIP-1251). */
const ownedPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: "0+", default: null, tag: 0, tagged: "0+" }),
} as const;

const currentValue = {
  memberEpoch: int32(),
  previousMemberEpoch: int32(),
  state: int8(),
  assignedPartitions: array(ownedPartitions),
  partitionsPendingRevocation: array(ownedPartitions),
} as const;

const patternValue = {
  topics: array(string()),
  version: int64(),
  timestamp: int64(),
} as const;

const key = <S extends Schema>(name: string, schema: S): Message<S> =>
  new Message(`${name}Key`, schema, [0, 0], null);
const value = <S extends Schema>(name: string, schema: S): Message<S> =>
  new Message(`${name}Value`, schema, [0, 0], 0);

/** What each kind is called in Kafka, its type, and both halves of its record. */
export const CONSUMER_GROUP_RECORDS = {
  group: {
    type: 3,
    key: key("ConsumerGroupMetadata", groupKey),
    value: value("ConsumerGroupMetadata", groupValue),
  },
  member: {
    type: 5,
    key: key("ConsumerGroupMemberMetadata", memberKey),
    value: value("ConsumerGroupMemberMetadata", memberValue),
  },
  "target-metadata": {
    type: 6,
    key: key("ConsumerGroupTargetAssignmentMetadata", groupKey),
    value: value("ConsumerGroupTargetAssignmentMetadata", targetMetadataValue),
  },
  "target-member": {
    type: 7,
    key: key("ConsumerGroupTargetAssignmentMember", memberKey),
    value: value("ConsumerGroupTargetAssignmentMember", targetMemberValue),
  },
  current: {
    type: 8,
    key: key("ConsumerGroupCurrentMemberAssignment", memberKey),
    value: value("ConsumerGroupCurrentMemberAssignment", currentValue),
  },
  pattern: {
    type: 16,
    key: key("ConsumerGroupRegularExpression", patternKey),
    value: value("ConsumerGroupRegularExpression", patternValue),
  },
} as const;

type Records = typeof CONSUMER_GROUP_RECORDS;
type SchemaOf<M> = M extends Message<infer S> ? S : never;

export type ConsumerRecordKind = keyof Records;

/** What the key of a kind holds. */
export type ConsumerRecordKey<K extends ConsumerRecordKind> = Decoded<SchemaOf<Records[K]["key"]>>;
/** What the value of a kind holds. */
export type ConsumerRecordValue<K extends ConsumerRecordKind> = Decoded<
  SchemaOf<Records[K]["value"]>
>;
/** What the encoder of a kind takes. */
export type ConsumerRecordInput<K extends ConsumerRecordKind> = Input<
  SchemaOf<Records[K]["value"]>
>;

/** A key, by its kind. */
export type ConsumerGroupKey = {
  readonly [K in ConsumerRecordKind]: { readonly kind: K; readonly key: ConsumerRecordKey<K> };
}[ConsumerRecordKind];

const KIND_BY_TYPE: ReadonlyMap<number, ConsumerRecordKind> = new Map(
  Object.entries(CONSUMER_GROUP_RECORDS).map(([kind, { type }]) => [
    type,
    kind as ConsumerRecordKind,
  ]),
);

/** The bytes of a key. */
export function encodeConsumerKey<K extends ConsumerRecordKind>(
  kind: K,
  fields: ConsumerRecordKey<K>,
): Uint8Array {
  const { type, key: message } = CONSUMER_GROUP_RECORDS[kind];
  return encode(message as Message, type, fields);
}

/** Reads the rest of a key of `type`; null for a type that is none of ours. Throws `DecodeError`. */
export function decodeConsumerKey(type: number, rest: Uint8Array): ConsumerGroupKey | null {
  const kind = KIND_BY_TYPE.get(type);
  if (kind === undefined) return null;
  const message = CONSUMER_GROUP_RECORDS[kind].key as Message;
  return { kind, key: message.decode(rest, 0) } as ConsumerGroupKey;
}

/** The bytes of a value. */
export function encodeConsumerValue<K extends ConsumerRecordKind>(
  kind: K,
  fields: ConsumerRecordInput<K>,
): Uint8Array {
  return encode(CONSUMER_GROUP_RECORDS[kind].value as Message, 0, fields);
}

/** Reads a value. Throws `DecodeError` where it is malformed or of a version that we do not know. */
export function decodeConsumerValue<K extends ConsumerRecordKind>(
  kind: K,
  given: Uint8Array,
): ConsumerRecordValue<K> {
  const message = CONSUMER_GROUP_RECORDS[kind].value as Message;
  const reader = new ByteReader(given);
  const version = reader.int16();
  if (version !== 0) throw new DecodeError(`${message.name}: version ${version}, known is 0`);
  return message.decode(given.subarray(reader.offset), version) as ConsumerRecordValue<K>;
}

function encode(message: Message, prefix: number, fields: object): Uint8Array {
  const writer = new ByteWriter(128);
  writer.int16(prefix);
  message.write(writer, 0, fields as never);
  return writer.finish();
}
