import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "./api.ts";
import { APIS } from "./apis.ts";
import { CONSUMER_GROUP_RECORDS } from "./coordinator-records/consumer-group-records.ts";
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from "./coordinator-records/consumer-protocol.ts";
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from "./coordinator-records/offsets-records.ts";
import {
  TransactionLogKey,
  TransactionLogValue,
} from "./coordinator-records/transaction-records.ts";
import { RequestHeader, ResponseHeader } from "./headers.ts";
import { arbitraryOf } from "./schema-arbitrary.ts";

const MESSAGES: readonly Message[] = [
  ...APIS.flatMap((api) => [api.request, api.response]),
  RequestHeader,
  ResponseHeader,
  OffsetCommitKey,
  OffsetCommitValue,
  GroupMetadataKey,
  GroupMetadataValue,
  TransactionLogKey,
  TransactionLogValue,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ...Object.values(CONSUMER_GROUP_RECORDS).flatMap(({ key, value }) => [key, value] as Message[]),
];

function versionsOf(message: Message): number[] {
  const [min, max] = message.versions;
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

function encode(message: Message, version: number, value: object): Uint8Array {
  const writer = new ByteWriter(16);
  message.write(writer, version, value);
  return writer.finish();
}

/** Whether `bytes` decode; any failure but `DecodeError` is thrown on. */
function decodes(message: Message, version: number, bytes: Uint8Array): boolean {
  // The message lies amid other bytes, so that a decoder that reads too far is found out.
  const amid = new Uint8Array(bytes.length + 32).fill(0x01);
  amid.set(bytes, 16);
  const reader = new ByteReader(amid, 16, 16 + bytes.length);
  try {
    message.read(reader, version);
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
  expect(reader.offset).toBeLessThanOrEqual(reader.end);
  return true;
}

type Mutation =
  | { readonly kind: "set"; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: "cut"; readonly at: number; readonly count: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: readonly number[] };

/** Bytes that mean trouble as a length, a count or text. */
const NASTY: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xfe],
  [0x80, 0x00, 0x00, 0x00],
  [0xff, 0xff],
  [0x7f, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0x00],
  [0xc3, 0x28],
];

const nastyBytes = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 6 }),
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), bytes: nastyBytes }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), count: fc.nat({ max: 12 }) }),
  fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), bytes: nastyBytes }),
);

function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let list = [...bytes];
  for (const change of mutations) {
    const at = change.at % (list.length + 1);
    if (change.kind === "cut") list.splice(at, change.count);
    else if (change.kind === "insert") list.splice(at, 0, ...change.bytes);
    else list = [...list.slice(0, at), ...change.bytes, ...list.slice(at + change.bytes.length)];
  }
  return Uint8Array.from(list);
}

describe.each(MESSAGES.map((message) => [message.name, message] as const))("%s", (_, message) => {
  it("decode(encode(x)) equals x for every version", () => {
    for (const version of versionsOf(message)) {
      fc.assert(
        fc.property(arbitraryOf(message.schema, version), (value) => {
          expect(message.decode(encode(message, version, value), version)).toEqual(value);
        }),
        { numRuns: 12 },
      );
    }
  });

  it("decoding mutated bytes ends with a value or DecodeError, and stays within the bytes", () => {
    for (const version of versionsOf(message)) {
      const mutated = fc
        .tuple(
          arbitraryOf(message.schema, version),
          fc.array(mutation, { minLength: 1, maxLength: 3 }),
        )
        .map(([value, mutations]) => mutate(encode(message, version, value), mutations));
      fc.assert(
        fc.property(mutated, (bytes) => {
          expect(decodes(message, version, bytes)).toBeTypeOf("boolean");
        }),
        { numRuns: 25 },
      );
    }
  });

  it("decoding random bytes ends with a value or DecodeError, and stays within the bytes", () => {
    for (const version of versionsOf(message)) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
          expect(decodes(message, version, bytes)).toBeTypeOf("boolean");
        }),
        { numRuns: 25 },
      );
    }
  });

  it("every cut of an encoded message is a DecodeError", () => {
    for (const version of versionsOf(message)) {
      const [value] = fc.sample(arbitraryOf(message.schema, version), { numRuns: 1, seed: 7 });
      const bytes = encode(message, version, value as object);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(decodes(message, version, bytes.subarray(0, length))).toBe(false);
      }
    }
  });
});
