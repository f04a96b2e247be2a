/** Damage to any file, then a restart: it is noticed or harmless, and no wrong record is ever served. */
import { IoError } from "@runnel/kit/errors.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { findByTimestamp, findNewest } from "./log-lookup.ts";
import { LOG_CORRUPT } from "./log-reader.ts";
import type { PartitionLog } from "./partition-log.ts";
import { append, batchOf, DATA, headersOf, Rig, read, TOPIC } from "./testing.ts";

type Files = Map<string, Uint8Array>;
const FOLDER = `${DATA}/${TOPIC}-0`;
const CONFIG = { segmentBytes: 1500, indexIntervalBytes: 200 };
const SEED = Number(process.env["RUNNEL_DAMAGE_SEED"] ?? 1);
const CASES = Number(process.env["RUNNEL_DAMAGE_CASES"] ?? 12);
const START = 5;

interface Kept {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly position: number;
}

interface Original {
  readonly files: Files;
  readonly batches: readonly Kept[];
  readonly endOffset: number;
}

const sequenced = (index: number) => ({
  producerId: BigInt(7 + (index % 2)),
  producerEpoch: 0,
  baseSequence: 2 * Math.floor(index / 2),
});

/** A log of several segments with everything that a log can have, stopped in order or killed. */
async function write(isStopped: boolean): Promise<Original> {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk });
  const log = await rig.log(CONFIG);
  const batches: Kept[] = [];
  for (let i = 0; i < 60; i += 1) {
    const timestamp = 1000 + 10 * i + (i % 7 === 3 ? 35 : 0);
    const values = [`a${i}`, "x".repeat(i % 30)];
    const bytes = batchOf({ values, timestamp, ...sequenced(i) });
    append(log, bytes, i < 25 ? 2 : 5);
    const segment = log.segments.at(-1);
    if (segment === undefined) throw new Error("no segment");
    batches.push({
      baseOffset: 2 * i,
      endOffset: 2 * i + 2,
      timestamp,
      bytes,
      file: segment.path(".log"),
      position: segment.size - bytes.length,
    });
    await rig.settle();
    if (i === 40) await time.advanceAsync(10_000);
  }
  await rig.run(rig.manager.deleteRecords(log, START));
  if (isStopped) await rig.run(rig.manager.close());
  const files: Files = new Map();
  await collect(disk, DATA, files);
  return { files, batches, endOffset: 120 };
}

async function collect(disk: MemoryDisk, folder: string, files: Files): Promise<void> {
  for (const name of await disk.list(folder)) {
    const path = `${folder}/${name}`;
    const stat = await disk.stat(path);
    if (stat?.isDirectory === true) await collect(disk, path, files);
    else {
      const file = await disk.open(path, { create: false });
      const bytes = new Uint8Array(stat?.size ?? 0);
      await file.read(bytes, 0);
      files.set(path, bytes);
    }
  }
}

async function diskOf(files: Files, time: ManualTime): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ clock: time });
  await disk.makeDirectory(FOLDER);
  for (const [path, bytes] of files) {
    const file = await disk.open(path, { create: true });
    await file.write([bytes], 0);
    await file.sync();
  }
  for (const folder of ["/", DATA, FOLDER]) await disk.syncDirectory(folder);
  return disk;
}

/** The batch at `offset`, or null where the log says that it is damaged. */
async function readOne(rig: Rig, log: PartitionLog, offset: number): Promise<Uint8Array | null> {
  try {
    return await read(rig, log, { offset, bytesMax: 1 });
  } catch (error) {
    if (error instanceof IoError && error.code === LOG_CORRUPT) return null;
    throw error;
  }
}

interface Verdict {
  /** Batches that could not be read, all told of. */
  readonly unread: readonly Kept[];
  readonly log: PartitionLog;
  readonly rig: Rig;
}

/** Opens what is left and reads every batch. Throws where a record is not what was written. */
async function examine(original: Original, files: Files): Promise<Verdict> {
  const time = new ManualTime();
  const rig = await Rig.open({ time, disk: await diskOf(files, time), tailCacheBytes: 0 });
  const log = await rig.log(CONFIG);
  const unread: Kept[] = [];
  for (const kept of original.batches) {
    if (kept.endOffset <= START) continue;
    if (kept.baseOffset >= log.logEndOffset) {
      unread.push(kept);
      continue;
    }
    const bytes = await readOne(rig, log, Math.max(kept.baseOffset, START));
    if (bytes === null) unread.push(kept);
    const seen = withoutEpoch(bytes ?? kept.bytes);
    expect(seen, `batch at ${kept.baseOffset}`).toBe(withoutEpoch(kept.bytes));
  }
  const batch = batchOf({ values: ["after"], timestamp: 9000 });
  const outcome = append(log, batch, 5);
  await rig.settle();
  expect(outcome).toMatchObject({ kind: "appended", endOffset: log.logEndOffset });
  expect(await read(rig, log, { offset: log.logEndOffset - 1 })).toEqual(batch);
  return { unread, log, rig };
}

/** No checksum covers the leader epoch of a batch; it is not part of a record. */
function withoutEpoch(bytes: Uint8Array): string {
  const copy = bytes.slice();
  copy.fill(0, 12, 16);
  return Buffer.from(copy).toString("hex");
}

/** What must hold where no segment was touched. */
async function expectAll(original: Original, { unread, log, rig }: Verdict): Promise<void> {
  expect(unread).toEqual([]);
  expect(log.logStartOffset).toBe(START);
  expect(log.logEndOffset).toBe(original.endOffset + 1);
  expect(log.epochs.endOf(2, log.logEndOffset)).toEqual({ epoch: 2, endOffset: 50 });
  for (const timestamp of [1000, 1035, 1130, 1401, 1590, 1600, 2000]) {
    const wanted = original.batches.find(
      (one) => one.timestamp >= timestamp && one.endOffset > START,
    );
    const found = await rig.run(findByTimestamp(log, timestamp, log.logEndOffset));
    const offset = wanted === undefined ? original.endOffset : Math.max(START, wanted.baseOffset);
    expect(found?.offset, `first record at ${timestamp}`).toBe(offset);
  }
  const newest = await rig.run(findNewest(log, log.logEndOffset));
  expect(newest).toEqual({ offset: original.endOffset, timestamp: 9000 });
  for (const index of [59, 58, 53, 50]) {
    const known = append(log, batchOf({ values: ["a", "b"], ...sequenced(index) }), 5);
    expect(known).toMatchObject({ kind: "duplicate", baseOffset: 2 * index });
  }
  const next = append(log, batchOf({ values: ["next"], ...sequenced(60) }), 5);
  expect(next).toMatchObject({ kind: "appended" });
}

type Damage = readonly [name: string, files: Files];

/** Ways of damaging one file: all its bits where it is small, some of them otherwise. */
function* damages(original: Files, path: string): Generator<Damage> {
  const random = seededRandom(SEED + path.length);
  const bytes = original.get(path) as Uint8Array;
  const changed = (name: string, content: Uint8Array | null): Damage => {
    const files = new Map(original);
    if (content === null) files.delete(path);
    else files.set(path, content);
    return [`seed ${SEED}, ${path}: ${name}`, files];
  };
  yield changed("deleted", null);
  const bits = 8 * bytes.length;
  const flips = Math.min(bits, CASES);
  for (let i = 0; i < flips; i += 1) {
    const bit = flips === bits ? i : random.below(bits);
    const copy = bytes.slice();
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    yield changed(`bit ${bit} flipped`, copy);
  }
  const cuts = Math.min(bytes.length, CASES / 2);
  for (let i = 0; i < cuts; i += 1) {
    const length = i === 0 ? 0 : random.below(bytes.length);
    yield changed(`cut to ${length} of ${bytes.length}`, bytes.slice(0, length));
  }
  for (let i = 0; i < cuts / 2; i += 1) {
    const start = random.below(bytes.length);
    const copy = bytes.slice();
    copy.fill(0, start, start + 64);
    yield changed(`zeros from ${start}`, copy);
  }
}

for (const isStopped of [true, false]) {
  const when = isStopped ? "an orderly stop" : "a kill";
  const original = await write(isStopped);
  const logs = [...original.files.keys()].filter((path) => path.endsWith(".log"));
  const others = [...original.files.keys()].filter((path) => !path.endsWith(".log"));

  test(`after ${when} without damage all is there`, async () => {
    expect(logs.length).toBeGreaterThan(3);
    await expectAll(original, await examine(original, original.files));
  });

  test.for(others)(`after ${when} damage to %s is harmless`, async (path) => {
    expect.hasAssertions();
    for (const [name, files] of damages(original.files, path)) {
      await expectAll(original, await examine(original, files)).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
    }
  });

  test.for(others)(`after ${when} another file in place of %s is harmless`, async (path) => {
    expect.hasAssertions();
    for (const other of others) {
      const files = new Map(original.files);
      files.set(path, original.files.get(other) as Uint8Array);
      await expectAll(original, await examine(original, files)).catch((error: unknown) => {
        throw new Error(`${other} in place of ${path}`, { cause: error });
      });
    }
  });

  test.for(logs)(`after ${when} damage to %s is noticed and stays where it is`, async (path) => {
    for (const [name, files] of damages(original.files, path)) {
      try {
        const damaged = firstDifference(original.files.get(path), files.get(path));
        const { unread, log } = await examine(original, files);
        for (const one of unread) {
          const isBehind = one.file === path && one.position + one.bytes.length > damaged;
          // Behind the recovery point nobody can tell damage from a write that was torn.
          const isCut = !isStopped && one.baseOffset >= log.logEndOffset - 1;
          expect(isBehind || isCut, `batch at ${one.baseOffset} is not read`).toBe(true);
        }
        const end = original.endOffset + 1;
        expect(isStopped ? log.logEndOffset : end).toBe(end);
      } catch (error) {
        throw new Error(name, { cause: error });
      }
    }
  });

  test(`after ${when} swapped segments are noticed`, async () => {
    for (const path of logs) {
      for (const other of logs) {
        if (other === path) continue;
        const files = new Map(original.files);
        files.set(path, original.files.get(other) as Uint8Array);
        files.set(other, original.files.get(path) as Uint8Array);
        const { unread } = await examine(original, files);
        expect(unread.length).toBeGreaterThan(0);
      }
    }
  });
}

function firstDifference(before: Uint8Array | undefined, after: Uint8Array | undefined): number {
  if (before === undefined || after === undefined) return 0;
  const at = before.findIndex((byte, index) => byte !== after[index]);
  return at === -1 ? before.length : at;
}

test("the headers of what was written are in order", async () => {
  const { batches } = await write(true);
  expect(headersOf(batches[3]?.bytes ?? new Uint8Array(0))[0]?.baseOffset).toBe(6);
});
