/** Rows P1, P3 and P6 of the bad inputs: frames, headers, keys and versions. */
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { AlterPartitionReassignmentsApi } from "@runnel/protocol/messages/45-alter-partition-reassignments.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, BAD_REQUESTS, CLOSED, READ_PAUSES, REQUESTS } from "./arena.ts";
import { decodeAnswer, framed, headerBytes, inParallel, requestFrame } from "./client.ts";
import { servedVersions } from "./layout.ts";

const MIB = 1024 * 1024;
const LANES = 16;

let arena: Arena;

beforeAll(async () => {
  arena = await Arena.open();
});

afterAll(() => arena[Symbol.asyncDispose]());

function lengthOnly(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
}

describe("P1", () => {
  test("impossible lengths end the connection at once", async () => {
    const lengths = [-1, 0, 0x7fff_ffff, -0x8000_0000, -2, 100 * MIB + 1];
    const moves = {
      [BAD_REQUESTS]: 10 * lengths.length,
      [`${CLOSED}{reason="badFrame"}`]: 10 * lengths.length,
    };
    await arena.attack("P1, lengths", { moves }, async () => {
      const all = lengths.flatMap((length) => Array.from({ length: 10 }, () => length));
      await inParallel(all, LANES, async (length) => {
        expect(await arena.once(lengthOnly(length))).toBeNull();
      });
    });
  });

  test.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["TLS", Buffer.from("160301020001000100", "hex")],
  ])("%s on the Kafka port is told apart in the log", async (protocol, hello) => {
    // The line before was written less than a second ago: until one more may be, there is none.
    const since = new Date();
    const moves = { [`${CLOSED}{reason="badFrame"}`]: 1 };
    const report = await arena.attack(`P1, ${protocol}`, { moves }, async () => {
      await waitFor(`a line that names ${protocol}`, async () => {
        expect(await arena.once(hello)).toBeNull();
        const lines = arena.linesSince(since);
        return lines.some(({ reason }) => String(reason).includes(`speaks ${protocol}`));
      });
    });
    expect(report.lines.length).toBeGreaterThan(0);
  });

  test("announcing 100 MiB and sending little of it costs next to nothing", async () => {
    const begin = Buffer.alloc(4 + 1024);
    begin.writeInt32BE(100 * MIB);
    await arena.attack("P1, 500 × 100 MiB announced", { moves: {} }, async () => {
      const clients = [];
      for (let count = 0; count < 500; count += 1) {
        const client = await arena.connect("127.0.0.2");
        client.send(begin);
        clients.push(client);
      }
      await arena.progress(100);
      for (const client of clients) {
        expect(client.isClosed).toBe(false);
        client.destroy();
      }
    });
  });

  test("12 × 90 MiB on their way at once: memory follows the budget, small requests go on", async () => {
    const begin = lengthOnly(90 * MIB);
    const chunk = Buffer.alloc(30 * MIB);
    const moves = { [READ_PAUSES]: 8 };
    await arena.attack("P1, 12 × 30 of 90 MiB", { moves }, async () => {
      const clients = await Promise.all(Array.from({ length: 12 }, () => arena.connect()));
      const before = await arena.metrics();
      for (const client of clients) {
        client.send(begin);
        client.send(chunk);
      }
      await waitFor("the budget is used up", async () => {
        const pauses = (await arena.metrics()).get(READ_PAUSES) ?? 0;
        return pauses >= (before.get(READ_PAUSES) ?? 0) + 8;
      });
      await arena.progress(200);
      for (const client of clients) {
        expect(client.isClosed).toBe(false);
        client.destroy();
      }
    });
  });
});

describe("P3", () => {
  const TAGS = [65, 1_000, 20_000_000, 0xffff_ffff];

  /** `count` tagged fields by their number, as many of them for real as `real` says. */
  function tagged(count: number, real: number): Uint8Array {
    const writer = new ByteWriter();
    writer.uvarint(count);
    for (let tag = 0; tag < real; tag += 1) {
      writer.uvarint(100 + tag);
      writer.uvarint(0);
    }
    return writer.finish();
  }

  test.each(["header", "body"] as const)("floods of tagged fields in the %s", async (where) => {
    const header = headerBytes(MetadataApi, 12, false);
    const body = Buffer.from([0, 0, 0]);
    const before = where === "header" ? header : Buffer.concat([header, Buffer.from([0]), body]);
    const frames = TAGS.flatMap((count) => {
      const fields = [tagged(count, 0), tagged(count, Math.min(count, 100_000))];
      return fields.map((bytes) => framed(Buffer.concat([before, bytes])));
    });
    const moves = { [BAD_REQUESTS]: frames.length };
    await arena.attack(`P3, ${where}`, { moves }, () =>
      inParallel(frames, LANES, async (frame) => {
        expect(await arena.once(frame)).toBeNull();
      }),
    );
  });

  test("40 MB of tagged fields in a header keep nothing", async () => {
    const flood = Buffer.concat([
      headerBytes(MetadataApi, 12, false),
      Buffer.from(tagged(20_000_000, 0)),
      Buffer.alloc(40_000_000),
    ]);
    const frame = framed(flood);
    await arena.attack("P3, 4 × 20,000,000 fields", { moves: { [BAD_REQUESTS]: 4 } }, () =>
      inParallel(Array.from({ length: 4 }), 2, async () => {
        expect(await arena.once(frame)).toBeNull();
      }),
    );
  });

  test("a few unknown fields are skipped, as newer clients send them", async () => {
    const header = headerBytes(MetadataApi, 12, false);
    const few = Buffer.from(tagged(64, 64));
    // No topics, all flags false, and 64 fields that nobody knows, before the body and behind it.
    const frame = framed(Buffer.concat([header, few, Buffer.from([1, 0, 0]), few]));
    const answer = await arena.once(frame);
    expect(decodeAnswer(MetadataApi, 12, answer as Buffer).brokers).toHaveLength(1);
  });

  test.each([
    ["tags that do not ascend", "02050005 00"],
    ["a size beyond the end", "01057f"],
    ["the same tag twice", "0205000500"],
  ])("%s", async (_what, hex) => {
    const header = headerBytes(MetadataApi, 12, false);
    const fields = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const frame = framed(Buffer.concat([header, fields, Buffer.from([1, 0, 0, 0])]));
    expect(await arena.once(frame)).toBeNull();
  });
});

describe("P6", () => {
  test("keys and versions that are not served end the connection; ApiVersions is answered", async () => {
    const served = await servedVersions(arena.server.kafka);
    const keys = new Set(served.map(({ api }) => api.key));
    const unknown = [-1, -0x8000, 0x7fff, 1_000, ...Array.from({ length: 100 }, (_, key) => key)];
    const pairs = unknown.filter((key) => !keys.has(key)).map((key): [number, number] => [key, 0]);
    for (const key of keys) {
      const versions = served.filter(({ api }) => api.key === key).map(({ version }) => version);
      const [first, last] = [Math.min(...versions), Math.max(...versions)];
      for (const version of [first - 1, last + 1, 999, 0x7fff, -0x8000]) {
        if (key !== ApiVersionsApi.key) pairs.push([key, version]);
      }
    }
    const moves = { [BAD_REQUESTS]: pairs.length };
    await arena.attack(`P6, ${pairs.length} keys and versions`, { moves }, () =>
      inParallel(pairs, LANES, async ([key, version]) => {
        const body = Buffer.alloc(40);
        body.writeInt16BE(key);
        body.writeInt16BE(version, 2);
        expect(await arena.once(framed(body))).toBeNull();
      }),
    );
  });

  test.each([5, 999, 0x7fff, -1])(
    "ApiVersions v%i is answered in the form of v0",
    async (version) => {
      const frame = Buffer.alloc(8);
      frame.writeInt16BE(ApiVersionsApi.key);
      frame.writeInt16BE(version, 2);
      frame.writeInt32BE(77, 4);
      const answer = await arena.once(framed(Buffer.concat([frame, Buffer.alloc(20, 0xff)])));
      const { errorCode, apiKeys } = decodeAnswer(ApiVersionsApi, 0, answer as Buffer);
      expect(errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
      expect(apiKeys).toContainEqual(expect.objectContaining({ apiKey: 18, maxVersion: 4 }));
    },
  );

  test.each(["", "-x", "x-", "a b", "\u001b[2J", "x".repeat(5_000) + "\n"])(
    "client software that calls itself %j is an invalid request",
    async (name) => {
      const client = await arena.connect();
      const software = { clientSoftwareName: name, clientSoftwareVersion: "1" };
      const { errorCode } = await client.call(ApiVersionsApi, 3, software);
      expect(errorCode).toBe(ErrorCode.INVALID_REQUEST);
      client.destroy();
    },
  );

  test("pipelined requests are answered in order; nothing behind a bad one is carried out", async () => {
    const good = Array.from({ length: 50 }, (_, correlationId) =>
      requestFrame(MetadataApi, 12, { topics: [] }, { correlationId }),
    );
    const topic = {
      name: "behind-a-bad-one",
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    };
    const bad = requestFrame(AlterPartitionReassignmentsApi, 0, { timeoutMs: 1, topics: [] });
    const behind = requestFrame(CreateTopicsApi, 7, { timeoutMs: 1_000, topics: [topic] });
    const moves = { [BAD_REQUESTS]: 20, [REQUESTS]: 1_000 };
    await arena.attack("P6, pipelining", { moves }, () =>
      inParallel(Array.from({ length: 20 }), 4, async () => {
        const client = await arena.connect();
        client.send(Buffer.concat([...good, bad, behind]));
        for (let index = 0; index < good.length; index += 1) {
          const answer = await client.answer();
          expect(answer?.readInt32BE(0)).toBe(index);
        }
        expect(await client.answer()).toBeNull();
      }),
    );
    const client = await arena.connect();
    const { topics } = await client.call(MetadataApi, 12, { topics: null });
    expect(topics.map(({ name }) => name)).not.toContain("behind-a-bad-one");
  });
});
