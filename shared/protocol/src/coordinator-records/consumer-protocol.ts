/**
 * What consumers put into the opaque bytes of a classic group of type "consumer": subscriptions into
 * JoinGroup, assignments into SyncGroup. For showing and for OffsetDelete; never needed to run a group.
 *
 *   int16 version, then the fields; not flexible
 *
 * v1 owned partitions (KIP-429) · v2 generation (KIP-792) · v3 rack (KIP-881). Bytes of a later version
 * are read as v3 and what follows is ignored, as all clients do.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { Message } from "../api.ts";
import { array, bytes, type Decoded, type Input, int32, type Schema, string } from "../schema.ts";

const topicPartitions = { topic: string(), partitions: array(int32()) } as const;

const subscription = {
  topics: array(string()),
  userData: bytes({ nullable: "0+", default: null }),
  ownedPartitions: array(topicPartitions, { versions: "1+" }),
  generationId: int32({ versions: "2+", default: -1 }),
  rackId: string({ versions: "3+", nullable: "3+", default: null }),
} as const;

const assignment = {
  assignedPartitions: array(topicPartitions),
  userData: bytes({ nullable: "0+", default: null }),
} as const;

export type ConsumerSubscription = Decoded<typeof subscription>;
export type ConsumerAssignment = Decoded<typeof assignment>;

export const ConsumerProtocolSubscription = new Message(
  "ConsumerProtocolSubscription",
  subscription,
  [0, 3],
  null,
);

export const ConsumerProtocolAssignment = new Message(
  "ConsumerProtocolAssignment",
  assignment,
  [0, 3],
  null,
);

/** Reads the metadata of a JoinGroup protocol. Throws `DecodeError`: the bytes are the client's own. */
export function decodeSubscription(metadata: Uint8Array): ConsumerSubscription {
  return decode(ConsumerProtocolSubscription, metadata);
}

/** Reads a member's assignment. Throws `DecodeError`: the bytes are the client's own. */
export function decodeAssignment(bytesOfMember: Uint8Array): ConsumerAssignment {
  return decode(ConsumerProtocolAssignment, bytesOfMember);
}

/** The bytes of a subscription, in `version` (0–3). */
export function encodeSubscription(value: Input<typeof subscription>, version: number): Uint8Array {
  return encode(ConsumerProtocolSubscription, value, version);
}

/** The bytes of an assignment, in `version` (0–3). */
export function encodeAssignment(value: Input<typeof assignment>, version: number): Uint8Array {
  return encode(ConsumerProtocolAssignment, value, version);
}

function decode<S extends Schema>(message: Message<S>, given: Uint8Array): Decoded<S> {
  const reader = new ByteReader(given);
  const version = reader.int16();
  const [min, max] = message.versions;
  if (version < min) throw new DecodeError(`${message.name}: version ${version}`);
  return message.read(reader, Math.min(version, max));
}

function encode<S extends Schema>(
  message: Message<S>,
  value: Input<S>,
  version: number,
): Uint8Array {
  const writer = new ByteWriter(128);
  writer.int16(version);
  message.write(writer, version, value);
  return writer.finish();
}
