/**
 * Rows P2, P4 and P5 of the bad inputs: every served API in every version, with counts, lengths and texts
 * that lie, and with nothing in it.
 */
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { DescribeGroupsApi } from "@runnel/protocol/messages/15-describe-groups.ts";
import { DeleteGroupsApi } from "@runnel/protocol/messages/42-delete-groups.ts";
import { type Field, hasVersion, type Schema } from "@runnel/protocol/schema.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, BAD_REQUESTS, REQUESTS } from "./arena.ts";
import { decodeAnswer, framed, headerBytes, inParallel, requestFrame } from "./client.ts";
import {
  type NotedRequest,
  notedRequest,
  type ServedVersion,
  servedVersions,
  withLength,
} from "./layout.ts";

const LANES = 16;

let arena: Arena;
let served: ServedVersion[];

beforeAll(async () => {
  arena = await Arena.open();
  served = await servedVersions(arena.server.kafka);
});

afterAll(() => arena[Symbol.asyncDispose]());

interface BadRequest {
  readonly what: string;
  readonly bytes: Buffer;
}

/** Sends each on a connection of its own; tells which did not end theirs without an answer. */
async function answeredOf(row: string, bad: readonly BadRequest[]): Promise<string[]> {
  const moves = { [BAD_REQUESTS]: bad.length };
  const answered: string[] = [];
  await arena.attack(`${row}, ${bad.length} requests`, { moves }, () =>
    inParallel(bad, LANES, async ({ what, bytes }) => {
      if ((await arena.once(framed(bytes))) !== null) answered.push(what);
    }),
  );
  return answered;
}

function forEveryVersion(
  make: (request: NotedRequest, isFlexible: boolean) => readonly BadRequest[],
): BadRequest[] {
  return served.flatMap(({ api, version }) =>
    make(notedRequest(api, version), api.request.isFlexible(version)).map(({ what, bytes }) => ({
      what: `${api.name} v${version}: ${what}`,
      bytes,
    })),
  );
}

test("the requests that are made to lie are well-formed before", () => {
  expect(served.length).toBeGreaterThan(130);
  for (const { api, version } of served) {
    const { bytes } = notedRequest(api, version);
    const header = headerBytes(api, version, api.request.isFlexible(version));
    expect(() => api.request.decode(bytes.subarray(header.length), version)).not.toThrow();
  }
});

describe("P2", () => {
  test("array counts that the frame cannot hold end the connection, in every version", async () => {
    const counts = [0x7fff_ffff, 0xffff_fffe, 1_000_000];
    const bad = forEveryVersion((request) =>
      request.lengths
        .filter(({ kind }) => kind === "array")
        .flatMap((length) =>
          counts
            .filter((count) => length.isCompact || count <= 0x7fff_ffff)
            .map((count) => ({
              what: `${count} × ${length.path}`,
              bytes: withLength(request, length, count),
            })),
        ),
    );
    expect(bad.length).toBeGreaterThan(500);
    expect(await answeredOf("P2, counts", bad)).toEqual([]);
  });

  test("frames full of the smallest elements are refused by their number", async () => {
    const names = Buffer.alloc(2 * 2_000_000);
    const count = Buffer.alloc(4);
    count.writeInt32BE(2_000_000);
    const header = headerBytes(MetadataApi, 1, false);
    const frame = framed(Buffer.concat([header, count, names]));
    const moves = { [BAD_REQUESTS]: 20 };
    await arena.attack("P2, 20 × 2,000,000 elements", { moves }, () =>
      inParallel(Array.from({ length: 20 }), LANES, async () => {
        expect(await arena.once(frame)).toBeNull();
      }),
    );
  });

  test("as many elements as are allowed cost no more than their share", async () => {
    const names = Array.from({ length: 102_000 }, (_, index) => `name-${index}`);
    const indexes = names.slice(1).map((_, index) => index + 1);
    const answered = [
      requestFrame(MetadataApi, 4, {
        topics: names.map((name) => ({ name })),
        allowAutoTopicCreation: false,
      }),
      requestFrame(ListOffsetsApi, 1, {
        replicaId: -1,
        topics: [
          {
            name: "polite",
            partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
          },
        ],
      }),
      requestFrame(OffsetFetchApi, 5, {
        groupId: "g",
        topics: [{ name: "polite", partitionIndexes: indexes }],
      }),
      requestFrame(DescribeGroupsApi, 0, { groups: names.slice(0, 20_000) }),
    ];
    const refused = [
      requestFrame(DescribeGroupsApi, 5, { groups: names }),
      requestFrame(DeleteGroupsApi, 2, { groupsNames: names }),
      requestFrame(OffsetFetchApi, 8, {
        groups: names.map((groupId) => ({ groupId, topics: null })),
      }),
    ];
    const client = await arena.connect();
    await waitFor("the coordinator is there", async () => {
      const request = { groupId: "g", topics: [] };
      return (await client.call(OffsetFetchApi, 5, request)).errorCode === ErrorCode.NONE;
    });
    const moves = { [BAD_REQUESTS]: refused.length, [REQUESTS]: answered.length };
    await arena.attack("P2, 102,000 elements", { moves }, async () => {
      for (const frame of answered) {
        expect((await arena.once(frame))?.length).toBeGreaterThan(100_000);
      }
      for (const frame of refused) expect(await arena.once(frame)).toBeNull();
    });
  });
});

describe("P4", () => {
  test("lengths of −2, null where there is none, lengths beyond the end", async () => {
    const bad = forEveryVersion((request) =>
      request.lengths.flatMap((length) => {
        const { path, isCompact, isNullable, kind } = length;
        const lies: BadRequest[] = [];
        const lie = (says: number): void => {
          lies.push({ what: `${path} of ${says}`, bytes: withLength(request, length, says) });
        };
        if (!isCompact) lie(-2);
        if (!isNullable) lie(-1);
        if (kind !== "array") lie(isCompact ? 0xffff_fffe : 0x7fff);
        return lies;
      }),
    );
    expect(bad.length).toBeGreaterThan(1_000);
    expect(await answeredOf("P4, lengths", bad)).toEqual([]);
  });

  test("varints of more than 32 bits, and of more than five bytes", async () => {
    const varints = ["ffffffff1f", "ffffffffff01", "808080808000", "ffffffffffffffffffff01"];
    const bad = forEveryVersion((request) =>
      request.lengths
        .filter(({ isCompact }) => isCompact)
        .flatMap(({ path, at, size }) =>
          varints.map((varint) => ({
            what: `${path} of varint ${varint}`,
            bytes: Buffer.concat([
              request.bytes.subarray(0, at),
              Buffer.from(varint, "hex"),
              request.bytes.subarray(at + size),
            ]),
          })),
        ),
    );
    expect(await answeredOf("P4, varints", bad)).toEqual([]);
  });

  test("bytes behind the end, an end too soon, and texts that are not UTF-8", async () => {
    const bad = forEveryVersion((request, isFlexible) => {
      const { bytes, lengths } = request;
      const header = isFlexible ? 12 : 11;
      const whats: BadRequest[] = [
        // Fewer are let pass behind Metadata, because a client of many sends them.
        { what: "4 bytes more", bytes: Buffer.concat([bytes, Buffer.alloc(4)]) },
      ];
      if (bytes.length > header) {
        whats.push({ what: "a byte less", bytes: bytes.subarray(0, -1) });
      }
      for (const { kind, path, at, size } of lengths) {
        if (kind !== "string") continue;
        const changed = Buffer.from(bytes);
        changed[at + size] = 0xff;
        whats.push({ what: `${path} is not UTF-8`, bytes: changed });
      }
      return whats;
    });
    expect(await answeredOf("P4, ends and texts", bad)).toEqual([]);
  });

  test("none of it had an effect", async () => {
    const client = await arena.connect();
    const { topics } = await client.call(MetadataApi, 12, { topics: null });
    const names = new Set(topics.map(({ name }) => name));
    names.delete("__consumer_offsets");
    names.delete("__audit");
    expect(names).toEqual(new Set(["polite", "warm"]));
  });
});

interface Style {
  readonly name: string;
  readonly arrays: "empty" | "one";
  readonly isNullWherePossible: boolean;
  readonly text: string;
}

const STYLES: readonly Style[] = [
  { name: "empty", arrays: "empty", isNullWherePossible: false, text: "" },
  { name: "null", arrays: "empty", isNullWherePossible: true, text: "" },
  { name: "one of nothing", arrays: "one", isNullWherePossible: true, text: "" },
  { name: "one of nothing, named", arrays: "one", isNullWherePossible: true, text: "p5" },
  { name: "one of zeros", arrays: "one", isNullWherePossible: false, text: "p5" },
];

/** A message in the given style; `acks` is 1, or there would be no answer to look at. */
function styled(schema: Schema, version: number, style: Style): Record<string, unknown> {
  const entries = Object.entries(schema).map(([name, field]) => [
    name,
    name === "acks" ? 1 : styledField(field, version, style),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function styledField(field: Field, version: number, style: Style): unknown {
  const { isNullWherePossible, arrays, text } = style;
  if (isNullWherePossible && hasVersion(field.options.nullable, version, false)) return null;
  switch (field.kind) {
    case "array":
      return arrays === "empty" ? [] : [styledField(field.element as Field, version, style)];
    case "struct":
      return styled(field.fields as Schema, version, style);
    case "string":
      return text;
    default:
      return undefined;
  }
}

function bodyOf(api: Api, version: number, style: Style): Buffer {
  const writer = new ByteWriter();
  api.request.write(writer, version, zeroed(api.request.schema, version, style) as never);
  return Buffer.from(writer.finish());
}

/** `styled`, with a zero for everything that a message may not leave out. */
function zeroed(schema: Schema, version: number, style: Style): Record<string, unknown> {
  const fill = (fields: Schema, value: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        const given = value[name];
        if (given === undefined)
          return [name, field.options.default === undefined ? zeroOf(field) : undefined];
        if (field.kind === "struct" && given !== null) {
          return [name, fill(field.fields as Schema, given as Record<string, unknown>)];
        }
        const { element } = field;
        if (element === undefined || given === null) return [name, given];
        if (element.kind !== "struct") {
          const values = given as readonly unknown[];
          return [name, values.map((one) => (one === undefined ? zeroOf(element) : one))];
        }
        const items = given as Record<string, unknown>[];
        return [name, items.map((item) => fill(element.fields as Schema, item))];
      }),
    );
  return fill(schema, styled(schema, version, style));
}

/** What a field must hold where it may not be left out. */
function zeroOf(field: Field): unknown {
  switch (field.kind) {
    case "bool":
      return false;
    case "uuid":
      return "00000000-0000-0000-0000-000000000000";
    case "bigint64":
      return 0n;
    case "bytes":
    case "records":
      return new Uint8Array(0);
    default:
      return 0;
  }
}

/** Every error code of a decoded answer. */
function errorCodesOf(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(errorCodesOf);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /errorCode$/i.test(name) ? [inner as number] : errorCodesOf(inner),
  );
}

describe("P5", () => {
  test.each(STYLES)("$name: every API answers in kind", async (style) => {
    const faults: string[] = [];
    const moves = { [REQUESTS]: served.length };
    await arena.attack(`P5, ${style.name}`, { moves }, () =>
      inParallel(served, LANES, async ({ api, version }) => {
        const header = headerBytes(api, version, api.request.isFlexible(version));
        const answer = await arena.once(
          framed(Buffer.concat([header, bodyOf(api, version, style)])),
        );
        const name = `${api.name} v${version}`;
        if (answer === null) {
          faults.push(`${name}: closed`);
          return;
        }
        const codes = errorCodesOf(decodeAnswer(api, version, answer));
        if (codes.includes(ErrorCode.UNKNOWN_SERVER_ERROR)) faults.push(`${name}: unknown error`);
      }),
    );
    expect(faults).toEqual([]);
  });
});
