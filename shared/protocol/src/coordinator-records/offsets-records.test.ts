import { DecodeError } from "@runnel/kit/errors.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeKey,
  decodeValue,
  encodeKey,
  encodeValue,
  type OffsetsValueInput,
} from "./offsets-records.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const fromHex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

const offsetKey = { kind: "offset-commit", group: "g", topic: "t", partition: 3 } as const;
const groupKey = { kind: "group-metadata", group: "g" } as const;
const member = {
  memberId: "m",
  groupInstanceId: null,
  clientId: "c",
  clientHost: "/127.0.0.1",
  rebalanceTimeout: 300_000,
  sessionTimeout: 45_000,
  subscription: Uint8Array.of(0, 3),
  assignment: Uint8Array.of(),
};
const group = {
  kind: "group-metadata",
  protocolType: "consumer",
  generation: 2,
  protocol: "range",
  leader: "m",
  currentStateTimestamp: 1_700_000_000_000,
  members: [member],
} as const satisfies OffsetsValueInput;

describe("keys", () => {
  it("begin with their type: 1 an offset, 2 a group", () => {
    expect(hex(encodeKey(offsetKey))).toBe("0001" + "000167" + "000174" + "00000003");
    expect(hex(encodeKey(groupKey))).toBe("0002" + "000167");
  });

  it("come back as they went", () => {
    expect(decodeKey(encodeKey(offsetKey))).toEqual(offsetKey);
    expect(decodeKey(encodeKey(groupKey))).toEqual(groupKey);
  });

  it("of type 0 are offsets as Kafka before 0.9 wrote them", () => {
    expect(decodeKey(fromHex("0000 000167 000174 00000003"))).toEqual(offsetKey);
  });

  it("of other types are unknown, not an error", () => {
    expect(decodeKey(fromHex("0003 000167"))).toEqual({
      kind: "unknown",
      type: 3,
      rest: fromHex("000167"),
    });
    expect(decodeKey(fromHex("ffff"))).toMatchObject({ kind: "unknown", type: -1 });
  });

  it.each(["", "00", "0001", "0001 000167 000174 000000", "0002 000167 00", "0002 ffff"])(
    "of a known type that are malformed are a DecodeError: %j",
    (text) => {
      expect(() => decodeKey(fromHex(text))).toThrow(DecodeError);
    },
  );
});

describe("values of offsets", () => {
  const offset = { kind: "offset-commit", offset: 42, metadata: "", commitTimestamp: 5 } as const;

  it("go out in version 3, with the leader epoch", () => {
    const bytes = encodeValue({ ...offset, leaderEpoch: 7 });
    expect(hex(bytes)).toBe(
      "0003 000000000000002a 00000007 0000 0000000000000005".replaceAll(" ", ""),
    );
    expect(decodeValue("offset-commit", bytes)).toEqual({
      ...offset,
      leaderEpoch: 7,
      expireTimestamp: -1,
      topicId: ZERO_UUID,
    });
  });

  it("go out in version 1 where they have an expiry time of their own", () => {
    const bytes = encodeValue({ ...offset, expireTimestamp: 9 });
    expect(hex(bytes.subarray(0, 2))).toBe("0001");
    expect(decodeValue("offset-commit", bytes)).toMatchObject({
      offset: 42,
      leaderEpoch: -1,
      expireTimestamp: 9,
    });
  });

  it("go out in version 4 where they have a topic id", () => {
    const topicId = "01234567-89ab-4def-8123-456789abcdef";
    const bytes = encodeValue({ ...offset, leaderEpoch: 7, topicId });
    expect(hex(bytes)).toBe(
      "0004 000000000000002a 00000007 01 0000000000000005 01 00 10".replaceAll(" ", "") +
        topicId.replaceAll("-", ""),
    );
    expect(decodeValue("offset-commit", bytes)).toMatchObject({ leaderEpoch: 7, topicId });
  });

  it("of versions that are not known are a DecodeError", () => {
    expect(() => decodeValue("offset-commit", fromHex("0005 00"))).toThrow(
      "OffsetCommitValue: version 5, known are 0 to 4",
    );
    expect(() => decodeValue("offset-commit", fromHex("ffff"))).toThrow(DecodeError);
    expect(() => decodeValue("offset-commit", fromHex(""))).toThrow(DecodeError);
  });
});

describe("values of groups", () => {
  it("go out in version 3 and come back", () => {
    const bytes = encodeValue(group);
    expect(hex(bytes)).toBe(
      [
        "0003 0008 636f6e73756d6572 00000002 0005 72616e6765 0001 6d",
        "0000018bcfe56800 00000001",
        "0001 6d ffff 0001 63 000a 2f3132372e302e302e31 000493e0 0000afc8 00000002 0003 00000000",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
    expect(decodeValue("group-metadata", bytes)).toEqual(group);
  });

  it("of an empty group have neither protocol nor leader", () => {
    const empty = { ...group, protocol: null, leader: null, members: [] };
    expect(decodeValue("group-metadata", encodeValue(empty))).toEqual(empty);
  });
});

describe("any bytes", () => {
  it("decode to a value or a DecodeError", () => {
    const attempt = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    const anyBytes = fc
      .tuple(fc.integer({ min: -1, max: 6 }), fc.uint8Array({ maxLength: 60 }))
      .map(([type, rest]) => Uint8Array.of(type >> 8, type, ...rest));
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const outcomes = [
          attempt(() => decodeKey(bytes)),
          attempt(() => decodeValue("offset-commit", bytes)),
          attempt(() => decodeValue("group-metadata", bytes)),
        ];
        for (const outcome of outcomes) {
          expect(outcome instanceof DecodeError || !(outcome instanceof Error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
