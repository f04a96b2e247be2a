/**
 * `node broker/bench/browse/scan.bench.ts [MIB]`: how fast one thread scans a log of 1 KiB records that lies
 * in the page cache, beside the floor: reading it and checking its checksums.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { conditionOf, parseFilter } from "@runnel/contracts/filter-parser.ts";
import { checkCrc, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { compileFilter } from "#browse/filter/compile.ts";
import type { RecordMatcher } from "#browse/filter/matcher.ts";
import { CHUNK_BYTES_MAX, CHUNKS_BYTES_MAX, OPEN_FILES_MAX } from "#browse/limits.ts";
import { PartitionScan } from "#browse/scan/partition-scan.ts";
import { Scan } from "#browse/scan/scan.ts";
import { MemoryBook } from "#browse/source/memory-book.ts";
import { PartitionReader, type ScanOrder } from "#browse/source/partition-reader.ts";
import { Skips } from "#browse/source/skips.ts";
import type { PartitionSnapshot } from "#browse/source/snapshot.ts";
import { blockingDisk } from "#io/node/blocking-disk.ts";
import { FileHandles } from "#log/file-handles.ts";
import { fileName } from "#log/names.ts";

const MIB = Number(process.argv[2] ?? 256);
const BATCH_RECORDS = 64;
const ROUNDS = 5;
const utf8 = new TextEncoder();

function record(n: number): { key: Uint8Array; value: Uint8Array; timestamp: number } {
  const value = {
    id: n,
    customer: `c-${n % 5_000}`,
    total: (n % 997) / 10,
    items: Array.from({ length: 8 }, (_, i) => ({ sku: `sku-${n + i}`, count: i, price: n % 100 })),
    note: "",
  };
  const bare = JSON.stringify(value);
  const note = "x".repeat(Math.max(0, 1_000 - bare.length));
  return {
    key: utf8.encode(`o-${n}`),
    value: utf8.encode(JSON.stringify({ ...value, note })),
    timestamp: 1_700_000_000_000 + n,
  };
}

async function writeLog(folder: string): Promise<PartitionSnapshot> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let offset = 0;
  for (; size < MIB * 1024 * 1024; offset += BATCH_RECORDS) {
    const records = Array.from({ length: BATCH_RECORDS }, (_, i) => record(offset + i));
    const batch = buildBatch({ records, baseOffset: offset, partitionLeaderEpoch: 0 });
    parts.push(batch);
    size += batch.length;
  }
  await writeFile(join(folder, fileName(0, ".log")), parts);
  const newest = 1_700_000_000_000 + offset - 1;
  return {
    partition: 0,
    folder,
    logStartOffset: 0,
    endOffset: offset,
    hasGaps: false,
    segments: Float64Array.of(0, size, newest, offset - 1, 1),
    unsaved: [],
  };
}

const nothing: RecordMatcher = {
  errorCount: 0,
  firstError: null,
  matches: ({ layout }) => layout.valueLength < 0,
};

/** The filter of a filter bar's text. */
function filter(text: string): RecordMatcher {
  const parsed = parseFilter(text);
  if (parsed.kind === "error") throw new Error(`${text}: ${parsed.message}`);
  return compileFilter(conditionOf(parsed.chips));
}

async function scan(
  snapshot: PartitionSnapshot,
  order: ScanOrder,
  matcher: RecordMatcher | null,
): Promise<number> {
  const memory = new MemoryBook(CHUNKS_BYTES_MAX);
  const skips = new Skips();
  const files = new FileHandles(blockingDisk, OPEN_FILES_MAX);
  const world = {
    files,
    allocate: (length: number) => blockingDisk.allocate(length),
    chunkBytes: CHUNK_BYTES_MAX,
  };
  const range = { low: 0, high: snapshot.endOffset };
  const reader = new PartitionReader({ snapshot, order, range, world, memory, skips });
  const rules = { fromMs: -Infinity, toMs: Infinity, hasControl: false, matcher };
  const limits = { results: Infinity, bytes: Infinity, timeMs: Infinity };
  const control = {
    stop: null,
    monotonicMs: () => performance.now(),
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
    onProgress: () => {},
  };
  const run = new Scan([new PartitionScan(reader, order, skips)], { rules, limits, control });
  const startedAt = performance.now();
  await run.run({ isFull: false, drained: async () => {}, take: () => {} });
  const tookMs = performance.now() - startedAt;
  await files.close();
  if (run.tally.records !== snapshot.endOffset) throw new Error("not all records were scanned");
  return tookMs;
}

async function floor(snapshot: PartitionSnapshot): Promise<number> {
  const path = join(snapshot.folder, fileName(0, ".log"));
  const size = snapshot.segments[1] as number;
  const file = await blockingDisk.open(path, { create: false });
  const bytes = blockingDisk.allocate(CHUNK_BYTES_MAX);
  const startedAt = performance.now();
  for (let position = 0; position < size; ) {
    const count = await file.read(bytes, position);
    let at = 0;
    while (count - at > 61) {
      const header = readBatchHeader(bytes, at);
      if (at + header.sizeInBytes > count) break;
      if (!checkCrc(bytes, at, header)) throw new Error("wrong checksum");
      at += header.sizeInBytes;
    }
    position += at;
  }
  const tookMs = performance.now() - startedAt;
  await file.close();
  return tookMs;
}

const folder = await mkdtemp(join(tmpdir(), "runnel-scan-bench-"));
try {
  const snapshot = await writeLog(folder);
  const loads: readonly [string, () => Promise<number>][] = [
    ["floor: read and checksum", () => floor(snapshot)],
    ["oldest first, nothing asked", () => scan(snapshot, "oldest", nothing)],
    ["newest first, nothing asked", () => scan(snapshot, "newest", nothing)],
    ["oldest first, all match", () => scan(snapshot, "oldest", null)],
    ...[
      "value.total > 1000",
      "value.items.count = 77",
      "value.missing = 1",
      '"not there"',
      "key = absent",
    ].map((text): [string, () => Promise<number>] => [
      text,
      () => scan(snapshot, "oldest", filter(text)),
    ]),
  ];
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of loads) times.set(name, [...(times.get(name) ?? []), await run()]);
  }
  console.log(`${snapshot.endOffset} records, ${MIB} MiB, median of ${ROUNDS}`);
  for (const [name, all] of times) {
    const median = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] as number;
    const rate = Math.round(snapshot.endOffset / median);
    console.log(
      `${name.padEnd(30)} ${rate} k records/s  ${Math.round((MIB / median) * 1000)} MiB/s`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
