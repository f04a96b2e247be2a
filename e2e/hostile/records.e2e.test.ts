/** Rows P8 and P9 of the bad inputs: record batches that are not what they say, or say what no client may. */

import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { updateCrc } from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewBatch } from "@runnel/protocol/records/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Arena, createTopic, REQUESTS } from "./arena.ts";
import type { Client } from "./client.ts";

const TOPIC = "records";
const { CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, UNSUPPORTED_COMPRESSION_TYPE } =
  ErrorCode;
const PRODUCES = `${REQUESTS}{api="Produce"}`;
const utf8 = new TextEncoder();
const SEED = Date.now() % 1_000_000;

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await Arena.open();
  client = await arena.connect();
  await createTopic(client, TOPIC, {}, 2);
});

afterAll(() => arena[Symbol.asyncDispose]());

const nowMs = Date.now();

function good(more: Partial<NewBatch> = {}): Buffer {
  const records = ["a", "b", "c"].map((text, index) => ({
    key: utf8.encode(text),
    value: utf8.encode(`value ${text}`),
    timestamp: nowMs + index,
    headers: [{ key: "h", value: utf8.encode("1") }],
  }));
  return Buffer.from(buildBatch({ records, ...more }));
}

/** A good batch after `change`, its checksum right again unless told otherwise. */
function damaged(change: (batch: Buffer) => void, more: Partial<NewBatch> = {}): Buffer {
  const batch = good(more);
  change(batch);
  updateCrc(batch, 0);
  return batch;
}

async function produce(records: Uint8Array | null, version = 9): Promise<number> {
  const { responses } = await client.call(ProduceApi, version, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
  });
  return responses[0]?.partitionResponses[0]?.errorCode ?? Number.NaN;
}

async function endOffset(partition = 0): Promise<number> {
  const { topics } = await client.call(ListOffsetsApi, 5, {
    replicaId: -1,
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
  });
  return topics[0]?.partitions[0]?.offset ?? Number.NaN;
}

type Damage = readonly [what: string, batch: () => Buffer | null, ...codes: readonly number[]];

/** Sends each damage; tells which were not refused with one of their codes, or moved the log's end. */
async function faultsOf(row: string, damages: readonly Damage[]): Promise<string[]> {
  const before = await endOffset();
  const faults: string[] = [];
  await arena.attack(
    `${row}, ${damages.length} batches`,
    { moves: { [PRODUCES]: damages.length } },
    async () => {
      for (const [what, make, ...codes] of damages) {
        const code = await produce(make());
        if (!codes.includes(code)) faults.push(`${what}: ${errorName(code)}`);
      }
    },
  );
  const after = await endOffset();
  return after === before ? faults : [...faults, `the log moved from ${before} to ${after}`];
}

const AT = {
  baseOffset: 0,
  batchLength: 8,
  magic: 16,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

const EXTREMES = [-1, -2, 0x7fff_ffff, -0x8000_0000] as const;

function headerDamages(): Damage[] {
  const lies = EXTREMES.flatMap((value): Damage[] => [
    [`batchLength ${value}`, () => damagedLength(value), CORRUPT_MESSAGE],
    [
      `recordCount ${value}`,
      () => damaged((b) => b.writeInt32BE(value, AT.recordCount)),
      INVALID_RECORD,
    ],
    [
      `lastOffsetDelta ${value}`,
      () => damaged((b) => b.writeInt32BE(value, AT.lastOffsetDelta)),
      INVALID_RECORD,
    ],
    [
      `both counts ${value}`,
      () =>
        damaged((b) => {
          b.writeInt32BE(value, AT.recordCount);
          b.writeInt32BE((value - 1) | 0, AT.lastOffsetDelta);
        }),
      INVALID_RECORD,
    ],
  ]);
  const counts = [0, 1, 2, 4].flatMap((count): Damage[] => [
    [
      `${count} records said of 3`,
      () => damaged((b) => b.writeInt32BE(count, AT.recordCount)),
      INVALID_RECORD,
    ],
    [
      `${count} records said of 3, and the delta with it`,
      () =>
        damaged((b) => {
          b.writeInt32BE(count, AT.recordCount);
          b.writeInt32BE(count - 1, AT.lastOffsetDelta);
        }),
      INVALID_RECORD,
    ],
  ]);
  const lengths = [0, 48, 49, good().length - 13, good().length - 11].map(
    (length): Damage => [
      `batchLength ${length}`,
      () => damagedLength(length),
      CORRUPT_MESSAGE,
      INVALID_RECORD,
    ],
  );
  const magics = [0, 1, 3, 9, -1].map(
    (magic): Damage => [
      `magic ${magic}`,
      () => damaged((b) => b.writeInt8(magic, AT.magic)),
      INVALID_RECORD,
    ],
  );
  const offsets = [1n, -1n, 2n ** 63n - 1n].map(
    (offset): Damage => [
      `baseOffset ${offset}`,
      () => damaged((b) => b.writeBigInt64BE(offset, AT.baseOffset)),
      INVALID_RECORD,
    ],
  );
  return [...lies, ...counts, ...lengths, ...magics, ...offsets];
}

/** The checksum cannot be right where the length is not: it stays as it was. */
function damagedLength(length: number): Buffer {
  const batch = good();
  batch.writeInt32BE(length, AT.batchLength);
  return batch;
}

function timestampDamages(): Damage[] {
  const far = [2n ** 63n - 1n, -(2n ** 63n), BigInt(nowMs) + 7_200_000n, -5n, 2n ** 53n];
  const stamps = far.map(
    (value): Damage => [
      `baseTimestamp ${value}`,
      () => damaged((b) => b.writeBigInt64BE(value, AT.baseTimestamp)),
      INVALID_TIMESTAMP,
      INVALID_RECORD,
    ],
  );
  const packed = far.map(
    (value): Damage => [
      `maxTimestamp ${value} of a compressed batch`,
      () => damaged((b) => b.writeBigInt64BE(value, AT.maxTimestamp), { codec: "gzip" }),
      INVALID_TIMESTAMP,
    ],
  );
  const appendTime: Damage = [
    "LogAppendTime set by the client",
    () => good({ logAppendTimeMs: nowMs }),
    INVALID_TIMESTAMP,
  ];
  return [...stamps, ...packed, appendTime];
}

function recordDamages(): Damage[] {
  const at = AT.records;
  const bytes = [
    ["length of the first record −1", at, 0x01],
    ["length of the first record too long", at, 0x7e],
    ["attributes of a record", at + 1, 0x01],
    ["offset delta of the first record", at + 3, 0x02],
    ["key length beyond the record", at + 4, 0x7e],
    ["key length −2", at + 4, 0x03],
    ["value length beyond the record", at + 6, 0x7e],
    ["value length −2", at + 6, 0x03],
    ["header count −1", at + 14, 0x01],
    ["header count of many", at + 14, 0x7e],
    ["header key null", at + 15, 0x01],
  ] as const;
  return bytes.map(
    ([what, index, value]): Damage => [
      what,
      () => damaged((b) => b.writeUInt8(value, index)),
      INVALID_RECORD,
      CORRUPT_MESSAGE,
    ],
  );
}

describe("P8", () => {
  test("the batch that is damaged below is good before", async () => {
    const before = await endOffset();
    expect(await produce(good())).toBe(ErrorCode.NONE);
    expect(await endOffset()).toBe(before + 3);
  });

  test("headers that lie", async () => {
    expect(await faultsOf("P8, headers", headerDamages())).toEqual([]);
  });

  test("timestamps out of range", async () => {
    expect(await faultsOf("P8, timestamps", timestampDamages())).toEqual([]);
  });

  test("records that lie", async () => {
    expect(await faultsOf("P8, records", recordDamages())).toEqual([]);
  });

  test("no batch, less than one, more than one, and codecs that do not exist", async () => {
    expect(
      await faultsOf("P8, frames", [
        ["null", () => null, INVALID_RECORD],
        ["nothing", () => Buffer.alloc(0), INVALID_RECORD],
        ["60 bytes", () => good().subarray(0, 60), CORRUPT_MESSAGE],
        ["zeros", () => Buffer.alloc(200), INVALID_RECORD],
        ["two batches", () => Buffer.concat([good(), good()]), INVALID_RECORD],
        ["a batch and a byte", () => Buffer.concat([good(), Buffer.alloc(1)]), INVALID_RECORD],
        ...[5, 6, 7].map(
          (codec): Damage => [
            `codec ${codec}`,
            () => damaged((b) => b.writeInt16BE(codec, AT.attributes)),
            UNSUPPORTED_COMPRESSION_TYPE,
          ],
        ),
      ]),
    ).toEqual([]);
  });

  test(`every bit that the checksum covers, or that says how long it is (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const damages = Array.from({ length: 400 }, (): Damage => {
      // Behind the leader's epoch, which is the broker's to write, every byte counts.
      const bit = 8 * AT.magic + random.below(8 * (good().length - AT.magic));
      const flip = (): Buffer => {
        const batch = good();
        batch[bit >> 3] = (batch[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        return batch;
      };
      return [`bit ${bit} flipped`, flip, CORRUPT_MESSAGE, INVALID_RECORD];
    });
    expect(await faultsOf("P8, flipped bits", damages)).toEqual([]);
  });

  test("zstd below v7 is refused", async () => {
    const before = await endOffset();
    expect(await produce(good({ codec: "zstd" }), 6)).toBe(UNSUPPORTED_COMPRESSION_TYPE);
    expect(await endOffset()).toBe(before);
  });

  test("one bad partition does not keep the others of its request from being written", async () => {
    const [zero, one] = [await endOffset(0), await endOffset(1)];
    const bad = damaged((b) => b.writeInt32BE(9, AT.recordCount));
    const partitionData = [
      { index: 0, records: bad },
      { index: 1, records: good() },
      { index: 99, records: good() },
    ];
    const topicData = [{ name: TOPIC, partitionData }];
    const answer = await client.call(ProduceApi, 9, { acks: -1, timeoutMs: 10_000, topicData });
    const codes = answer.responses[0]?.partitionResponses.map(({ errorCode }) => errorCode);
    expect(codes).toEqual([INVALID_RECORD, ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
    expect([await endOffset(0), await endOffset(1)]).toEqual([zero, one + 3]);
  });

  test("acks that do not exist write nothing; a bad batch with acks 0 ends the connection", async () => {
    const before = await endOffset();
    const topicData = (records: Buffer) => [
      { name: TOPIC, partitionData: [{ index: 0, records }] },
    ];
    for (const acks of [2, -2, 0x7fff, -0x8000]) {
      const request = { acks, timeoutMs: 1_000, topicData: topicData(good()) };
      const { responses } = await client.call(ProduceApi, 9, request);
      const code = responses[0]?.partitionResponses[0]?.errorCode;
      expect(code).toBe(ErrorCode.INVALID_REQUIRED_ACKS);
    }
    const options = { moves: { [PRODUCES]: 50 }, failuresMax: 50 };
    await arena.attack("P8, acks 0", options, async () => {
      for (let count = 0; count < 50; count += 1) {
        const other = await arena.connect();
        const bad = damaged((b) => b.writeInt8(9, AT.magic));
        const request = { acks: 0, timeoutMs: 1_000, topicData: topicData(bad) };
        await expect(other.call(ProduceApi, 9, request)).rejects.toThrow("closed");
      }
    });
    expect(await endOffset()).toBe(before);
  });
});

describe("P9", () => {
  const CONTROL = 0x20;
  const TRANSACTIONAL = 0x10;

  function marked(bits: number, more: Partial<NewBatch> = {}): Buffer {
    return damaged((b) => b.writeInt16BE(b.readInt16BE(AT.attributes) | bits, AT.attributes), more);
  }

  const producer = { producerId: 4_242n, producerEpoch: 0, baseSequence: 0 };

  test("bits that no client may set, with and without a producer, in every codec", async () => {
    const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
    expect(
      await faultsOf(
        "P9, attributes",
        codecs.flatMap((codec): Damage[] => [
          [`control, ${codec}`, () => marked(CONTROL, { codec }), INVALID_RECORD],
          [
            `control of a transaction, ${codec}`,
            () => marked(CONTROL | TRANSACTIONAL, { codec, ...producer, baseSequence: -1 }),
            INVALID_RECORD,
          ],
          [
            `transactional, no producer, ${codec}`,
            () => marked(TRANSACTIONAL, { codec }),
            INVALID_RECORD,
          ],
          [
            `transactional, of no transactional id, ${codec}`,
            () => marked(TRANSACTIONAL, { codec, ...producer }),
            ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
          ],
          [`delete horizon, ${codec}`, () => marked(0x40, { codec }), INVALID_RECORD],
          ...Array.from(
            { length: 9 },
            (_, bit): Damage => [
              `bit ${7 + bit}, ${codec}`,
              () =>
                damaged(
                  (b) => {
                    const at = AT.attributes;
                    b.writeUInt16BE(b.readUInt16BE(at) | (1 << (7 + bit)), at);
                  },
                  { codec },
                ),
              INVALID_RECORD,
            ],
          ),
        ]),
      ),
    ).toEqual([]);
  });

  test("the same in a second batch behind a good one", async () => {
    expect(
      await faultsOf("P9, second batch", [
        ["control", () => Buffer.concat([good(), marked(CONTROL)]), INVALID_RECORD],
        [
          "control of a transaction",
          () => Buffer.concat([good(), marked(CONTROL | TRANSACTIONAL, producer)]),
          INVALID_RECORD,
        ],
        [
          "transactional",
          () => Buffer.concat([good(producer), marked(TRANSACTIONAL, producer)]),
          INVALID_RECORD,
        ],
        [
          "another producer",
          () => Buffer.concat([good(producer), good({ ...producer, producerId: 7n })]),
          INVALID_RECORD,
        ],
      ]),
    ).toEqual([]);
  });

  test("producers whose id, epoch and sequence do not go together", async () => {
    const ids = [-2n, -(2n ** 63n)] as const;
    expect(
      await faultsOf("P9, producers", [
        ...ids.map(
          (producerId): Damage => [
            `id ${producerId}`,
            () => good({ ...producer, producerId }),
            INVALID_RECORD,
          ],
        ),
        ["no epoch", () => good({ ...producer, producerEpoch: -1 }), INVALID_RECORD],
        ["no sequence", () => good({ ...producer, baseSequence: -1 }), INVALID_RECORD],
        ["sequence −5", () => good({ ...producer, baseSequence: -5 }), INVALID_RECORD],
      ]),
    ).toEqual([]);
  });

  test("the broker's own topics cannot be written to", async () => {
    const records = good();
    for (const name of ["__audit", "__consumer_offsets", "__transaction_state"]) {
      const topicData = [{ name, partitionData: [{ index: 0, records }] }];
      const request = { acks: -1, timeoutMs: 1_000, topicData };
      const { responses } = await client.call(ProduceApi, 9, request);
      expect([ErrorCode.INVALID_TOPIC_EXCEPTION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]).toContain(
        responses[0]?.partitionResponses[0]?.errorCode,
      );
    }
  });
});
