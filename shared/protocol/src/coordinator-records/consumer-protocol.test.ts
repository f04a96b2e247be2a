import { DecodeError } from "@runnel/kit/errors.ts";
import { describe, expect, it } from "vitest";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "./consumer-protocol.ts";

const fromHex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("subscription", () => {
  const subscription = {
    topics: ["a", "b"],
    userData: Uint8Array.of(1),
    ownedPartitions: [{ topic: "a", partitions: [0, 2] }],
    generationId: 4,
    rackId: "r1",
  };

  it("comes back as it went, in the newest version", () => {
    expect(decodeSubscription(encodeSubscription(subscription, 3))).toEqual(subscription);
  });

  it("leaves out what an older version lacks", () => {
    expect(decodeSubscription(encodeSubscription(subscription, 0))).toEqual({
      topics: ["a", "b"],
      userData: Uint8Array.of(1),
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    });
  });

  it("of a later version is read as far as it is known", () => {
    const later = fromHex("0009 00000001 0001 61 ffffffff 00000000 00000005 ffff cafe");
    expect(decodeSubscription(later)).toMatchObject({ topics: ["a"], generationId: 5 });
  });

  it.each(["", "ffff", "0000", "0000 7fffffff", "0003 00000001 0001 61 ffffffff"])(
    "that is malformed is a DecodeError: %j",
    (text) => {
      expect(() => decodeSubscription(fromHex(text))).toThrow(DecodeError);
    },
  );
});

describe("assignment", () => {
  it("comes back as it went", () => {
    const assignment = {
      assignedPartitions: [{ topic: "a", partitions: [1] }],
      userData: null,
    };
    expect(decodeAssignment(encodeAssignment(assignment, 1))).toEqual(assignment);
  });

  it("that is empty is a DecodeError: there is no version", () => {
    expect(() => decodeAssignment(Uint8Array.of())).toThrow(DecodeError);
  });
});
