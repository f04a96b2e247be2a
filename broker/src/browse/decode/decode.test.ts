import { Buffer } from "node:buffer";
import { DecodedRecord, type DecoderChoice } from "@runnel/contracts/decoded.ts";
import { payloadOf } from "@runnel/contracts/payload.ts";
import {
  encodeConsumerKey,
  encodeConsumerValue,
} from "@runnel/protocol/coordinator-records/consumer-group-records.ts";
import { encodeSubscription } from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { encodeKey, encodeValue } from "@runnel/protocol/coordinator-records/offsets-records.ts";
import { describe, expect, it } from "vitest";
import { RecordCursor } from "../record.ts";
import { copyRecord, cursorOn, openBatch } from "../testing-records.ts";
import { decodePayload, decodeRecord } from "./decode.ts";

const options = { lengthMax: 1_000, withRaw: true };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const decode = (bytes: Uint8Array | string | null, choice: DecoderChoice = "auto") => {
  return decodePayload(typeof bytes === "string" ? Buffer.from(bytes) : bytes, choice, options);
};

describe("a payload is recognised", () => {
  it.each([
    ["", "empty", ""],
    ["hello", "text", "hello"],
    ["17", "text", "17"],
    ["null", "text", "null"],
    ["grüße 😀\n\tzwei", "text", "grüße 😀\n\tzwei"],
    ["a\0b", "text", "a\0b"],
    ["ab\u0001cdefg", "text", "ab\u0001cdefg"],
    ['{"a":1}', "json", '{"a":1}'],
    [" [1e400, 9007199254740993] \n", "json", " [1e400, 9007199254740993] \n"],
    ['{"a":1,"a":0.10000000000000000001}', "json", '{"a":1,"a":0.10000000000000000001}'],
    ['{"a":1', "text", '{"a":1'],
    ["{a:1}", "text", "{a:1}"],
    ["\ufeff{}", "text", "\ufeff{}"],
    ["0190b5a0-7c1f-7e3a-8000-123456789abc", "uuid", "0190b5a0-7c1f-7e3a-8000-123456789abc"],
  ])("text %j as %s", (bytes, decoder, text) => {
    const found = decode(bytes);
    expect(found).toMatchObject({ decoder, text, isTruncated: false, isExact: true, raw: null });
    expect(found.reason).not.toBe("");
    expect(found.sizeBytes).toBe(Buffer.byteLength(bytes));
  });

  it.each([
    ["00000011", "int32", "17"],
    ["ffffffff", "int32", "-1"],
    ["80000000", "int32", "-2147483648"],
    ["31373437", "text", "1747"],
    ["000000000000002a", "int64", "42"],
    ["7fffffffffffffff", "int64", "9223372036854775807"],
    ["8000000000000000", "int64", "-9223372036854775808"],
    ["ffffffffffffffff", "int64", "-1"],
    ["0020000000000001", "int64", "9007199254740993"],
    ["40091eb851eb851f", "float64", "3.14"],
    ["c0590ccccccccccd", "float64", "-100.2"],
    ["400921fb54442d18", "int64", "4614256656552045848"],
    ["0190b5a07c1f7e3a8000123456789abc", "uuid", "0190b5a0-7c1f-7e3a-8000-123456789abc"],
    ["ff90b5a07c1f0e3a8000123456789abc", "hex", "ff90b5a07c1f0e3a8000123456789abc"],
    ["82a16101a16293c3cb3ff8000000000000c0", "messagepack", '{"a":1,"b":[true,1.5,null]}'],
    ["81a16ecf0020000000000001", "messagepack", '{"n":9007199254740993}'],
    ["82a16101a1", "hex", "82a16101a1"],
    ["00", "hex", "00"],
    ["ff", "hex", "ff"],
    ["ff00", "hex", "ff00"],
    ["deadbeef00", "hex", "deadbeef00"],
  ])("bytes %s as %s %s", (bytes, decoder, text) => {
    const found = decode(hex(bytes));
    expect(found).toMatchObject({ decoder, text, isTruncated: false });
    expect(found.raw === null).toBe(decoder === "text");
  });

  it("by a schema's id, with its data as hex", () => {
    expect(decode(hex("00 00000007 02 0a 61 62"))).toMatchObject({
      decoder: "schema",
      schemaId: 7,
      text: "020a6162",
      notes: [
        "data of schema 7 as hex: no schema registry is known",
        "as Protobuf: message index 5",
      ],
    });
    expect(decode(hex("00 00000007 00 0a 61 62"))).toMatchObject({
      notes: [expect.stringContaining("as hex"), "as Protobuf: message index 0"],
    });
    expect(decode(Buffer.concat([hex("00 0001869f"), Buffer.from('{"a":1}')]))).toMatchObject({
      decoder: "schema",
      schemaId: 99_999,
      text: '{"a":1}',
      notes: ["JSON behind schema 99999"],
    });
    expect(decode(hex("00 00000000 aabbcc 00")).decoder).not.toBe("schema");
    expect(decode(hex("00 ffffffff aabbcc 00")).decoder).toBe("hex");
  });

  it("with bytes that are no UTF-8, and never replaces them in silence", () => {
    const latin1 = Buffer.from("caf\xe9 au lait, s'il vous pla\xeet", "latin1");
    expect(decode(latin1)).toMatchObject({
      decoder: "text",
      text: "caf\\xe9 au lait, s'il vous pla\\xeet",
      notes: ["2 bytes are no UTF-8 and written as \\xNN"],
      isExact: false,
      raw: { encoding: "base64", data: latin1.toString("base64") },
    });
    for (const bad of ["c080", "eda080", "f4908080", "e282", "fffe6100"]) {
      const { text, isExact } = decode(hex(bad));
      expect(text).not.toContain("\ufffd");
      expect(isExact).toBe(false);
    }
  });
});

describe("null", () => {
  it("is not empty, and a null value is a tombstone", () => {
    const { key, value, headers } = decodeRecord(cursorOn({ headers: { h: null, e: "" } }), {
      ...options,
      topic: "orders",
    });
    expect(key).toMatchObject({ decoder: "null", sizeBytes: null });
    expect(value).toMatchObject({ decoder: "tombstone", sizeBytes: null });
    expect(headers.map((header) => [header.name, header.value.decoder])).toEqual([
      ["h", "null"],
      ["e", "empty"],
    ]);
    expect(payloadOf(key)).toBeNull();
    expect(headers.map((header) => payloadOf(header.value))).toEqual([
      null,
      { encoding: "utf8", data: "" },
    ]);
  });
});

describe("a chosen decoder", () => {
  it.each([
    ["000000000000002a", "int64", "int64", "42"],
    ["40091eb851eb851f", "int64", "int64", "4614253070214989087"],
    ["000000000000002a", "float64", "float64", "2.08e-322"],
    ["0000002a", "int32", "int32", "42"],
    ["41424344", "hex", "hex", "41424344"],
    ["41424344", "base64", "base64", "QUJDRA=="],
    ["41424344", "int32", "int32", "1094861636"],
    ["2a", "messagepack", "messagepack", "42"],
    ["00000000", "text", "text", "\0\0\0\0"],
    ["ff41", "text", "text", "\\xffA"],
    ["22", "text", "text", '"'],
    ["3137", "json", "json", "17"],
    ["00ffffffff", "schema", "schema", ""],
    ["000102030405060708090a0b0c0d0e0f", "uuid", "uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f"],
  ] as const)("%s as %s", (bytes, choice, decoder, text) => {
    expect(decode(hex(bytes), choice)).toMatchObject({ decoder, text });
  });

  it.each([
    ["00", "int64", "int64 was chosen, but its size in bytes is 1, not 8"],
    ["7b", "json", "json was chosen, but this is not valid JSON"],
    ["92c0", "messagepack", "messagepack was chosen, but 2 elements at 1, 1 bytes left"],
    ["0100000001", "schema", "schema was chosen, but there is no zero byte and id in front"],
    ["00", "uuid", "uuid was chosen, but its size in bytes is 1, not 16"],
  ] as const)("that does not fit %s is said: %s", (bytes, choice, reason) => {
    expect(decode(hex(bytes), choice)).toMatchObject({ decoder: "hex", reason, text: bytes });
  });
});

describe("what does not meet the eye is noted", () => {
  it.each([
    ["\ufeffa", "begins with a byte order mark"],
    ["pay\u202e001", "holds signs that change the direction of the text"],
    ["ad\u200bmin", "holds signs without width"],
    ["a\ufeffb", "holds signs without width"],
    ["\u001b[31mred", "holds control characters"],
    ["a\u2028b", "holds unusual ends of lines"],
  ])("%j %s", (text, note) => {
    const found = decode(text);
    expect(found.notes).toEqual([note]);
    expect(found.text).toBe(text);
  });
});

describe("a preview", () => {
  it("shows the begin, and cuts through no character", () => {
    for (const text of ["abcdef", "ääääää", "€€€€€€", "😀😀😀", "a😀b😀c"]) {
      for (let lengthMax = 0; lengthMax < 8; lengthMax += 1) {
        const found = decodePayload(Buffer.from(text), "auto", { lengthMax, withRaw: true });
        expect(text.startsWith(found.text)).toBe(true);
        expect(found.text.isWellFormed()).toBe(true);
        expect(found.text.length).toBeLessThanOrEqual(lengthMax);
        expect(found.text.length).toBeGreaterThanOrEqual(Math.min(text.length, lengthMax - 1));
        expect(found.isTruncated).toBe(found.text.length < text.length);
        expect(payloadOf(found)).toEqual({ encoding: "utf8", data: text });
      }
    }
  });

  it("of large JSON tells that it is JSON", () => {
    const json = JSON.stringify({ a: "x".repeat(100_000) });
    const found = decodePayload(Buffer.from(json), "auto", { lengthMax: 100, withRaw: false });
    expect(found).toMatchObject({
      decoder: "json",
      isTruncated: true,
      raw: null,
      sizeBytes: 100_008,
    });
    expect(payloadOf(found)).toBeUndefined();
    const huge = Buffer.from(JSON.stringify("x".repeat(5_000_000)).replace(/.*/, "[$&]"));
    const unchecked = decodePayload(huge, "auto", { lengthMax: 100, withRaw: false });
    expect(unchecked).toMatchObject({
      decoder: "json",
      reason: "looks like a JSON array; too large to be checked",
    });
  });
});

describe("the broker's own records", () => {
  const on = (topic: string, key: Uint8Array, value: Uint8Array | null) => {
    return decodeRecord(cursorOn({ key, value }), { ...options, topic });
  };
  const offsetKey = encodeKey({
    kind: "offset-commit",
    group: "billing",
    topic: "orders",
    partition: 3,
  });

  it("tell of committed offsets", () => {
    const value = encodeValue({
      kind: "offset-commit",
      offset: 42,
      leaderEpoch: 7,
      metadata: "",
      commitTimestamp: 5,
    });
    const decoded = on("__consumer_offsets", offsetKey, value);
    expect(decoded.key).toMatchObject({
      decoder: "internal",
      text: '{"offsetOf":{"group":"billing","topic":"orders","partition":3}}',
    });
    expect(JSON.parse(decoded.value.text)).toMatchObject({
      offset: 42,
      leaderEpoch: 7,
      committedAt: "1970-01-01T00:00:00.005Z",
    });
    expect(on("orders", offsetKey, value).key.decoder).not.toBe("internal");
    expect(on("__consumer_offsets", offsetKey, null).value.decoder).toBe("tombstone");
  });

  it("tell of groups and their members", () => {
    const subscription = encodeSubscription({ topics: ["orders"] }, 1);
    const value = encodeValue({
      kind: "group-metadata",
      protocolType: "consumer",
      generation: 2,
      protocol: "range",
      leader: "m",
      currentStateTimestamp: -1,
      members: [
        {
          memberId: "m",
          clientId: "c",
          clientHost: "/127.0.0.1",
          sessionTimeout: 45_000,
          subscription,
          assignment: Uint8Array.of(0xff),
        },
      ],
    });
    const key = encodeKey({ kind: "group-metadata", group: "billing" });
    const decoded = on("__consumer_offsets", key, value);
    expect(decoded.key.text).toBe('{"group":"billing"}');
    expect(JSON.parse(decoded.value.text)).toMatchObject({
      generation: 2,
      changedAt: null,
      members: [{ memberId: "m", subscription: { topics: ["orders"] }, assignment: "/w==" }],
    });
  });

  it("tell of groups of the consumer protocol", () => {
    const key = encodeConsumerKey("current", { groupId: "billing", memberId: "m" });
    const topicId = "00000000-0000-4000-8000-000000000001";
    const value = encodeConsumerValue("current", {
      memberEpoch: 3,
      previousMemberEpoch: 2,
      state: 1,
      assignedPartitions: [{ topicId, partitions: [0], assignmentEpochs: [3] }],
      partitionsPendingRevocation: [],
    });
    const decoded = on("__consumer_offsets", key, value);
    expect(decoded.key.text).toBe('{"current":{"groupId":"billing","memberId":"m"}}');
    expect(JSON.parse(decoded.value.text)).toMatchObject({
      memberEpoch: 3,
      assignedPartitions: [{ topicId, partitions: [0], assignmentEpochs: [3] }],
    });
    const group = encodeConsumerValue("group", { epoch: 5, metadataHash: -(2n ** 62n) });
    const groupKey = encodeConsumerKey("group", { groupId: "billing" });
    expect(on("__consumer_offsets", groupKey, group).value.text).toBe(
      '{"epoch":5,"metadataHash":"-4611686018427387904"}',
    );
    const share = Uint8Array.of(0, 10, 0, 1, 0x67);
    expect(on("__consumer_offsets", share, null).key.decoder).not.toBe("internal");
  });

  it("that are damaged are shown as the bytes they are", () => {
    const cut = on("__consumer_offsets", offsetKey.subarray(0, 5), Uint8Array.of(0xff, 0xff));
    expect([cut.key.decoder, cut.value.decoder]).not.toContain("internal");
    const unknown = on("__consumer_offsets", offsetKey, Uint8Array.of(0, 99, 0));
    expect([unknown.key.decoder, unknown.value.decoder]).toEqual(["internal", "hex"]);
  });

  it("include the ends of transactions", () => {
    const cursor = new RecordCursor();
    const marker = { key: Uint8Array.of(0, 0, 0, 1), value: Uint8Array.of(0, 0, 0, 0, 0, 0) };
    openBatch(cursor, { records: [marker], isControl: true, isTransactional: true });
    cursor.next();
    const { key, batch } = decodeRecord(cursor, { ...options, topic: "orders" });
    expect(key).toMatchObject({ decoder: "marker", text: "COMMIT" });
    expect(batch.isControl).toBe(true);
  });
});

describe("decodeRecord()", () => {
  it("comes to what the contract says", () => {
    const cursor = cursorOn({ key: "a", value: '{"n":1}', headers: { h: "x" }, timestamp: 5 });
    const decoded = decodeRecord(copyRecord(cursor), {
      ...options,
      topic: "orders",
      keyDecoder: "hex",
      valueDecoder: "text",
    });
    expect(DecodedRecord.parse(decoded)).toEqual(decoded);
    expect(decoded).toMatchObject({
      timestamp: 5,
      key: { decoder: "hex", text: "61" },
      value: { decoder: "text" },
      batch: { producerId: null },
    });
  });
});
