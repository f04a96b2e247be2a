import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { readResponseHeader, writeRequestHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { HeartbeatApi } from "@runnel/protocol/messages/12-heartbeat.ts";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import type { Dispatch, Peer } from "#net/ports.ts";
import { createApiVersions } from "./18-api-versions.ts";
import { type AnyHandler, createDispatch } from "./dispatch.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { ApiProbe } from "./probe.ts";

interface Services {
  heartbeat(groupId: string, context: RequestContext): number | Promise<number>;
}

const heartbeat: Handler<typeof HeartbeatApi, Services> = {
  api: HeartbeatApi,
  versions: [1, 4],
  handle({ groupId }, services, context) {
    const result = services.heartbeat(groupId, context);
    if (typeof result === "number") return { errorCode: result };
    return result.then((errorCode) => ({ errorCode }));
  },
};

const produce: Handler<typeof ProduceApi, unknown> = {
  api: ProduceApi,
  versions: [3, 13],
  advertised: [0, 13],
  handle: ({ acks }) => (acks === 0 ? null : { responses: [] }),
};

const peer: Peer = {
  id: 7,
  listenerName: "PLAINTEXT",
  clientHost: "/127.0.0.1",
  clientPort: 1234,
  localAddress: "127.0.0.1",
  localPort: 9092,
  isGone: false,
  markAuthenticated() {},
};

function request<A extends Api>(
  api: A,
  version: number,
  body: RequestInputOf<A>,
  clientId: string | null = "tester",
): Uint8Array {
  const writer = new ByteWriter();
  writeRequestHeader(writer, api, version, { correlationId: 42, clientId });
  api.request.write(writer, version, body);
  return writer.finish();
}

/** Decodes a response frame, and checks its length and correlation id. */
function response<A extends Api>(api: A, version: number, frame: Uint8Array): ResponseDecodedOf<A> {
  const reader = new ByteReader(frame);
  expect(reader.int32()).toBe(frame.length - 4);
  expect(readResponseHeader(reader, api, version)).toBe(42);
  const body = api.response.read(reader, version);
  expect(reader.remaining).toBe(0);
  return body as ResponseDecodedOf<A>;
}

let registry: MetricRegistry;
let probe: ApiProbe;
let dispatch: Dispatch;
let contexts: RequestContext[];
let outcome: number | Promise<number>;

beforeEach(() => {
  registry = new MetricRegistry();
  probe = new ApiProbe(registry);
  contexts = [];
  outcome = 0;
  const handlers: AnyHandler<Services>[] = [produce, heartbeat, createApiVersions(() => handlers)];
  const services: Services = {
    heartbeat(_groupId, context) {
      contexts.push(context);
      return outcome;
    },
  };
  dispatch = createDispatch({ handlers, services, clock: new ManualTime(), probe });
});

/** Sends one request; the frame of the answer, or null where there is none. */
function call(frame: Uint8Array): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    dispatch(frame, peer, 0, {
      send: (parts) => resolve(parts === null ? null : Buffer.concat(parts)),
      fail: reject,
    });
  });
}

describe("createDispatch()", () => {
  test("decodes, calls the handler with its context, and encodes, in every version", async () => {
    for (let version = 1; version <= 4; version += 1) {
      const body = { groupId: "g", generationId: 1, memberId: "m" };
      const frame = (await call(request(HeartbeatApi, version, body))) as Uint8Array;
      expect(response(HeartbeatApi, version, frame).errorCode).toBe(0);
      expect(contexts.pop()).toMatchObject({
        apiVersion: version,
        clientId: "tester",
        connectionId: 7,
        listenerName: "PLAINTEXT",
        localPort: 9092,
        principal: { name: "ANONYMOUS" },
      });
    }
    expect(probe.requests.get("Heartbeat").value).toBe(4);
    expect(probe.seconds.get("Heartbeat").count).toBe(4);
  });

  test("answers when the handler's promise does, and counts the error it says", async () => {
    outcome = Promise.resolve(ErrorCode.UNKNOWN_MEMBER_ID);
    const body = { groupId: "g", generationId: 1, memberId: "m" };
    const frame = (await call(request(HeartbeatApi, 4, body, null))) as Uint8Array;
    expect(response(HeartbeatApi, 4, frame).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(contexts[0]?.clientId).toBe("");
    expect(probe.errors.get("UNKNOWN_MEMBER_ID").value).toBe(1);
  });

  test("a rejection fails the request with the API's name; null sends nothing", async () => {
    outcome = Promise.reject(new Error("disk"));
    const body = { groupId: "g", generationId: 1, memberId: "m" };
    await expect(call(request(HeartbeatApi, 4, body))).rejects.toThrow("Heartbeat v4 failed");
    const acksZero = { acks: 0, timeoutMs: 1, topicData: [] };
    expect(await call(request(ProduceApi, 9, acksZero))).toBeNull();
  });

  test("P6: an API or version that is not served throws, ApiVersions of the future is told", async () => {
    const header = (key: number, version: number): Uint8Array => {
      const writer = new ByteWriter();
      writer.int16(key);
      writer.int16(version);
      writer.int32(42);
      return writer.finish();
    };
    for (const [key, version] of [
      [12, 0],
      [12, 5],
      [99, 0],
      [-1, 0],
      [0, 2],
      [12, -1],
    ] as const) {
      await expect(call(header(key, version))).rejects.toThrow("is not served");
    }
    for (const version of [5, 999, 0x7fff, -1]) {
      const frame = (await call(header(18, version))) as Uint8Array;
      const told = response(ApiVersionsApi, 0, frame);
      expect(told.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
      expect(told.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
    }
  });

  test("P3, P4: bad headers and bodies throw DecodeError with a client's name made safe", async () => {
    const body = { groupId: "g", generationId: 1, memberId: "m" };
    const good = request(HeartbeatApi, 4, body, "x\r\n\u001b[2J");
    await expect(call(Buffer.concat([good, new Uint8Array(3)]))).rejects.toThrow(
      'Heartbeat v4 of client "x\\u{d}\\u{a}\\u{1b}[2J": 3 bytes after the end',
    );
    // 20 million tagged fields, announced in the header.
    const tagged = new ByteWriter();
    tagged.int16(12);
    tagged.int16(4);
    tagged.int32(1);
    tagged.int16(-1);
    tagged.uvarint(20_000_000);
    tagged.raw(new Uint8Array(100));
    await expect(call(tagged.finish())).rejects.toThrow("20000000 tagged fields");
    await expect(call(new Uint8Array(3))).rejects.toBeInstanceOf(DecodeError);
  });

  test("librdkafka 2.16: Metadata may be followed by the rest of a classic null", async () => {
    // As captured from confluent-kafka 2.16.1: three bytes more than the body of v13 has.
    const captured = "0003000d00000004000772646b61666b610000000000010000";
    const frame = (hex: string) =>
      Uint8Array.from(hex.match(/../g) ?? [], (one) => Number.parseInt(one, 16));
    const metadata: Handler<typeof MetadataApi, unknown> = {
      api: MetadataApi,
      versions: [0, 13],
      handle: () => ({ brokers: [], topics: [] }),
    };
    const serve = createDispatch({
      handlers: [metadata as unknown as AnyHandler<unknown>],
      services: null,
      clock: new ManualTime(),
      probe: new ApiProbe(new MetricRegistry()),
    });
    const sent: unknown[] = [];
    const reply = { send: (parts: unknown) => void sent.push(parts), fail: () => {} };
    serve(frame(captured), peer, 0, reply);
    expect(sent.length).toBe(1);
    expect(() => serve(frame(`${captured}00`), peer, 0, reply)).toThrow(DecodeError);
  });

  test("P4: random and mutated frames end with an answer or DecodeError, never with anything else", async () => {
    const body = { groupId: "group", generationId: 1, memberId: "member" };
    const frames = [1, 3, 4].map((version) => request(HeartbeatApi, version, body));
    const mutated = fc
      .tuple(
        fc.constantFrom(...frames),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      )
      .map(([frame, changes]) => {
        const copy = Uint8Array.from(frame);
        for (const [at, value] of changes) copy[8 + (at % (copy.length - 8))] = value;
        return copy;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), async (frame) => {
        const error: unknown = await call(frame).then(
          () => null,
          (e: unknown) => e,
        );
        expect(error === null || error instanceof DecodeError).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("the header is read as its schema says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(fc.string({ unit: "binary", maxLength: 40 })),
        fc.uniqueArray(fc.nat(200), { maxLength: 5 }),
        async (clientId, tags) => {
          const writer = new ByteWriter();
          writer.int16(12);
          writer.int16(4);
          writer.int32(42);
          if (clientId === null) writer.int16(-1);
          else writer.string(clientId, false);
          writer.uvarint(tags.length);
          for (const tag of tags.toSorted((a, b) => a - b)) {
            writer.uvarint(tag);
            writer.uvarint(2);
            writer.int16(tag);
          }
          const given = { groupId: "g", generationId: 1, memberId: "m" };
          HeartbeatApi.request.write(writer, 4, given);
          await call(writer.finish());
          expect(contexts.pop()?.clientId).toBe((clientId ?? "").toWellFormed());
        },
      ),
    );
  });
});

describe("ApiVersions", () => {
  const software = { clientSoftwareName: "kcat", clientSoftwareVersion: "1.7.1-rc.2" };
  const ask = async (
    version: number,
    body: RequestInputOf<typeof ApiVersionsApi> = software,
  ): Promise<ResponseDecodedOf<typeof ApiVersionsApi>> => {
    const frame = (await call(request(ApiVersionsApi, version, body))) as Uint8Array;
    return response(ApiVersionsApi, version, frame);
  };

  test("lists what is served, by key, with the wider range that Produce advertises", async () => {
    const { apiKeys, errorCode } = await ask(0);
    expect(errorCode).toBe(0);
    expect(apiKeys).toEqual([
      { apiKey: 0, minVersion: 0, maxVersion: 13 },
      { apiKey: 12, minVersion: 1, maxVersion: 4 },
      { apiKey: 18, minVersion: 0, maxVersion: 4 },
    ]);
  });

  test("KAFKA-17011: before v4 no supported feature begins at version 0", async () => {
    const names = async (version: number): Promise<string[]> =>
      (await ask(version)).supportedFeatures.map(({ name }) => name);
    expect(await names(3)).toEqual(["metadata.version"]);
    expect(await names(4)).toEqual(["metadata.version", "group.version", "transaction.version"]);
    expect(await ask(4)).toMatchObject({
      finalizedFeaturesEpoch: 1,
      finalizedFeatures: [
        { name: "metadata.version", maxVersionLevel: 30, minVersionLevel: 30 },
        { name: "group.version", maxVersionLevel: 1, minVersionLevel: 1 },
        { name: "transaction.version", maxVersionLevel: 2, minVersionLevel: 2 },
      ],
    });
  });

  test("KIP-511: the client's software must have a name and a version", async () => {
    for (const bad of ["", "-a", "a-", "a b", "a\n", "ä"]) {
      const { errorCode } = await ask(3, { ...software, clientSoftwareName: bad });
      expect(errorCode).toBe(ErrorCode.INVALID_REQUEST);
    }
    const { errorCode } = await ask(4, { ...software, clientSoftwareVersion: "" });
    expect(errorCode).toBe(ErrorCode.INVALID_REQUEST);
    expect((await ask(2)).errorCode).toBe(0);
  });
});
