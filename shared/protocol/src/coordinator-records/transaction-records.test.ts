import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeTransactionKey,
  decodeTransactionValue,
  encodeTransactionKey,
  encodeTransactionValue,
} from "./transaction-records.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const fromHex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

const ongoing = {
  producerId: 7n,
  previousProducerId: -1n,
  nextProducerId: -1n,
  producerEpoch: 3,
  nextProducerEpoch: -1,
  transactionTimeoutMs: 60_000,
  transactionStatus: 1,
  transactionPartitions: [{ topic: "t", partitionIds: [0, 2] }],
  transactionLastUpdateTimestampMs: 1_700_000_000_000,
  transactionStartTimestampMs: 1_700_000_000_000,
  clientTransactionVersion: 0,
};

describe("keys", () => {
  it("begin with type 0", () => {
    expect(hex(encodeTransactionKey("tx"))).toBe("0000" + "00027478");
  });

  it("come back as they went", () => {
    const key = { kind: "transaction", transactionalId: "tx" };
    expect(decodeTransactionKey(encodeTransactionKey("tx"))).toEqual(key);
  });

  it("of other types are unknown, not an error", () => {
    const key = { kind: "unknown", type: 1, rest: fromHex("000167") };
    expect(decodeTransactionKey(fromHex("0001 000167"))).toEqual(key);
  });

  it.each(["", "00", "0000", "0000 0002 74", "0000 000174 00"])(
    "that are malformed are a DecodeError: %j",
    (text) => {
      expect(() => decodeTransactionKey(fromHex(text))).toThrow(DecodeError);
    },
  );
});

describe("values", () => {
  it("go out in version 1, tagged fields only where they say something", () => {
    expect(hex(encodeTransactionValue(ongoing))).toBe(
      [
        "0001 0000000000000007 0003 0000ea60 01",
        "02 02 74 03 00000000 00000002 00",
        "0000018bcfe56800 0000018bcfe56800 00",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
    const bumped = { ...ongoing, previousProducerId: 7n, clientTransactionVersion: 2 };
    expect(hex(encodeTransactionValue(bumped)).slice(-30)).toBe(
      "02" + "0008" + "0000000000000007" + "02020002",
    );
  });

  it("come back as they went", () => {
    const all = { ...ongoing, previousProducerId: 6n, nextProducerId: 8n, nextProducerEpoch: 1 };
    for (const value of [ongoing, all, { ...ongoing, transactionPartitions: null }]) {
      expect(decodeTransactionValue(encodeTransactionValue(value))).toEqual(value);
    }
  });

  it("of version 0, as Kafka without flexible records writes them, are read", () => {
    const bytes = fromHex(
      "0000 0000000000000007 0003 0000ea60 01" +
        "00000001 0001 74 00000002 00000000 00000002 0000018bcfe56800 0000018bcfe56800",
    );
    expect(decodeTransactionValue(bytes)).toEqual(ongoing);
  });

  it("of versions that are not known are a DecodeError", () => {
    const problem = "TransactionLogValue: version 2, known are 0 to 1";
    expect(() => decodeTransactionValue(fromHex("0002 00"))).toThrow(problem);
    expect(() => decodeTransactionValue(fromHex("ffff"))).toThrow(DecodeError);
    expect(() => decodeTransactionValue(fromHex(""))).toThrow(DecodeError);
  });
});

it("any bytes decode to a value or a DecodeError", () => {
  const anyBytes = fc
    .tuple(fc.integer({ min: -1, max: 3 }), fc.uint8Array({ maxLength: 60 }))
    .map(([prefix, rest]) => Uint8Array.of(prefix >> 8, prefix, ...rest));
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      for (const decode of [decodeTransactionKey, decodeTransactionValue]) {
        const error = errorOf(() => decode(bytes));
        expect(error === null || error instanceof DecodeError).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

function errorOf(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}
