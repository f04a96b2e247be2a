import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONSUMER_GROUP_RECORDS,
  type ConsumerRecordKind,
  decodeConsumerKey,
  decodeConsumerValue,
  encodeConsumerKey,
  encodeConsumerValue,
} from "./consumer-group-records.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const KINDS = Object.keys(CONSUMER_GROUP_RECORDS) as ConsumerRecordKind[];

describe("keys", () => {
  it("begin with their type, and are not compact", () => {
    expect(hex(encodeConsumerKey("group", { groupId: "g" }))).toBe("0003" + "000167");
    const member = { groupId: "g", memberId: "m" };
    expect(hex(encodeConsumerKey("member", member))).toBe("0005" + "000167" + "00016d");
    expect(hex(encodeConsumerKey("target-metadata", { groupId: "g" }))).toBe("0006" + "000167");
    expect(hex(encodeConsumerKey("target-member", member))).toBe("0007" + "000167" + "00016d");
    expect(hex(encodeConsumerKey("current", member))).toBe("0008" + "000167" + "00016d");
    const pattern = { groupId: "g", regularExpression: "a" };
    expect(hex(encodeConsumerKey("pattern", pattern))).toBe("0010" + "000167" + "000161");
  });

  it("of types that are others' are none", () => {
    for (const type of [0, 1, 2, 4, 9, 10, 15, 17, -1]) {
      expect(decodeConsumerKey(type, new Uint8Array(4))).toBeNull();
    }
  });
});

describe("values", () => {
  it("are flexible, and leave defaults out", () => {
    expect(hex(encodeConsumerValue("group", { epoch: 7 }))).toBe("0000" + "00000007" + "00");
    const withHash = encodeConsumerValue("group", { epoch: 7, metadataHash: 1n });
    expect(hex(withHash)).toBe("0000" + "00000007" + "01" + "00" + "08" + "0000000000000001");
    const target = { topicId: "01234567-89ab-4def-8123-456789abcdef", partitions: [3] };
    expect(hex(encodeConsumerValue("target-member", { topicPartitions: [target] }))).toBe(
      "0000" + "02" + "0123456789ab4def8123456789abcdef" + "02" + "00000003" + "00" + "00",
    );
  });

  it("of members tell whether they speak the classic protocol", () => {
    const value = {
      instanceId: null,
      rackId: null,
      clientId: "c",
      clientHost: "/h",
      subscribedTopicNames: ["t"],
      subscribedTopicRegex: null,
      rebalanceTimeoutMs: 5,
      serverAssignor: null,
    };
    const decoded = (more: object) =>
      decodeConsumerValue("member", encodeConsumerValue("member", { ...value, ...more }));
    expect(decoded({})).toEqual({ ...value, classicMemberMetadata: null });
    const supportedProtocols = [{ name: "range", metadata: Uint8Array.of(1, 2) }];
    const classicMemberMetadata = { sessionTimeoutMs: 9, supportedProtocols };
    expect(decoded({ classicMemberMetadata })).toEqual({ ...value, classicMemberMetadata });
  });

  it("of versions that are not known are a DecodeError", () => {
    for (const kind of KINDS) {
      expect(() => decodeConsumerValue(kind, Uint8Array.of(0, 1, 0))).toThrow(DecodeError);
      expect(() => decodeConsumerValue(kind, new Uint8Array(0))).toThrow(DecodeError);
    }
  });
});

it("any bytes decode to a value or a DecodeError", () => {
  const attempt = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  const bytes = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), bytes, (kind, given) => {
      const outcomes = [
        attempt(() => decodeConsumerValue(kind, Uint8Array.of(0, 0, ...given))),
        attempt(() => decodeConsumerKey(CONSUMER_GROUP_RECORDS[kind].type, given)),
      ];
      for (const outcome of outcomes) {
        expect(outcome instanceof DecodeError || !(outcome instanceof Error)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});
