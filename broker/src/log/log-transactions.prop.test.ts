import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { abortedBetween } from "./aborted.ts";
import type { PartitionLog } from "./partition-log.ts";
import { append, batchOf, DATA, Rig, TOPIC } from "./testing.ts";

const FOLDER = `${DATA}/${TOPIC}-0`;
const PRODUCERS = [1n, 2n, 3n] as const;

const steps = fc.array(
  fc.record({
    what: fc.constantFrom(
      "send",
      "send",
      "commit",
      "abort",
      "roll",
      "checkpoint",
      "reopen",
      "kill",
    ),
    producer: fc.constantFrom(...PRODUCERS),
  }),
  { maxLength: 40 },
);

interface Transaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** What a reader of everything would find. */
class Model {
  readonly open = new Map<bigint, number>();
  readonly aborted: Transaction[] = [];
  readonly sequences = new Map<bigint, number>();

  between(from: number, end: number): readonly Transaction[] {
    return this.aborted.filter((one) => one.lastOffset >= from && one.firstOffset < end);
  }
}

function send(log: PartitionLog, model: Model, producerId: bigint): void {
  const baseSequence = model.sequences.get(producerId) ?? 0;
  const producer = { producerId, producerEpoch: 0, baseSequence, isTransactional: true };
  const outcome = append(log, batchOf({ values: ["a"], ...producer }));
  expect(outcome.kind).toBe("appended");
  if (outcome.kind !== "appended") return;
  model.sequences.set(producerId, baseSequence + 1);
  if (!model.open.has(producerId)) model.open.set(producerId, outcome.baseOffset);
}

function end(log: PartitionLog, model: Model, producerId: bigint, isCommit: boolean): void {
  const producer = { producerId, producerEpoch: 0, coordinatorEpoch: 1, transactionVersion: 1 };
  const outcome = log.appendMarker({ ...producer, isCommit }, 0);
  expect(outcome.kind).toBe("appended");
  const firstOffset = model.open.get(producerId);
  model.open.delete(producerId);
  if (isCommit || firstOffset === undefined || outcome.kind !== "appended") return;
  model.aborted.push({ producerId, firstOffset, lastOffset: outcome.baseOffset });
}

/** What the log says of all that a reader of committed data could ask, and what it should say. */
async function answers(rig: Rig, log: PartitionLog, model: Model) {
  log.producers.transactions.settle(log.logEndOffset);
  const first = [...model.open.values()].toSorted((a, b) => a - b)[0] ?? null;
  const stable = first ?? log.logEndOffset;
  const offsets = Array.from({ length: stable + 1 }, (_, offset) => offset);
  const found = offsets.map((from) => rig.run(Promise.resolve(abortedBetween(log, from, stable))));
  const inLog = {
    first: log.producers.transactions.firstUndecided,
    aborted: await Promise.all(found),
  };
  const inModel = { first, aborted: offsets.map((from) => model.between(from, stable)) };
  return { found: inLog, wanted: inModel };
}

test("aborted and open transactions are known whatever the log went through", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const time = new ManualTime();
      const disk = new MemoryDisk({ clock: time });
      let rig = await Rig.open({ time, disk });
      let log = await rig.log();
      const model = new Model();
      for (const { what, producer } of all) {
        if (what === "send") send(log, model, producer);
        else if (what === "roll") log.rollIfFilled();
        else if (what === "checkpoint") await rig.run(log.checkpoint());
        else if (what === "commit" || what === "abort") {
          end(log, model, producer, what === "commit");
        } else {
          await rig.settle();
          // A process that was killed leaves what it wrote, and the next one begins anew.
          rig = what === "reopen" ? await rig.reopen() : await Rig.open({ time, disk });
          log = await rig.log();
        }
        await rig.settle();
        const { found, wanted } = await answers(rig, log, model);
        expect(found).toMatchObject(wanted);
      }
    }),
    { numRuns: 150 },
  );
});

test.each(["removed", "cut", "changed"])("an index that was %s is made again", async (how) => {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  let rig = await Rig.open({ time, disk });
  let log = await rig.log();
  const model = new Model();
  for (const producer of PRODUCERS) send(log, model, producer);
  log.rollIfFilled();
  for (const producer of PRODUCERS) end(log, model, producer, producer === 2n);
  log.rollIfFilled();
  send(log, model, 1n);
  await rig.settle();
  await rig.run(rig.manager.close());
  const path = `${FOLDER}/00000000000000000003.txnindex`;
  const file = await disk.open(path, { create: false });
  expect(await file.size()).toBe(2 * 34 + 4);
  if (how === "removed") await disk.removeFile(path);
  else if (how === "cut") await file.truncate(34);
  else await file.write([Uint8Array.of(0x55)], 9);
  rig = await Rig.open({ time, disk });
  log = await rig.log();
  const { found, wanted } = await answers(rig, log, model);
  expect(found).toMatchObject(wanted);
  expect((await disk.stat(path))?.size).toBe(2 * 34 + 4);
});

test("deleted segments take their index with them, and an open transaction stays open", async () => {
  const rig = await Rig.open();
  const log = await rig.log();
  const model = new Model();
  send(log, model, 1n);
  send(log, model, 2n);
  end(log, model, 2n, false);
  log.rollIfFilled();
  send(log, model, 3n);
  await rig.settle();
  await rig.run(rig.manager.deleteRecords(log, 3));
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([3]);
  rig.time.advance(60_000);
  await rig.settle();
  expect((await rig.disk.list(FOLDER)).filter((name) => name.includes("txnindex"))).toEqual([]);
  expect(log.producers.transactions.firstUndecided).toBe(0);
  send(log, model, 1n);
  expect(log.producers.entryOf(1n)?.transactionStart).toBe(0);
});
