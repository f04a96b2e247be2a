/** What the tests of compaction share: a compactor over the logs of a rig, and what a consumer then sees. */

import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { isControl } from "@runnel/protocol/records/batch.ts";
import { type LogRecord, recordsOf } from "@runnel/protocol/records/iterate.ts";
import { inlineThreads } from "#io/memory/inline-threads.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import type { PartitionLog } from "../partition-log.ts";
import type { LogConfig } from "../ports.ts";
import { headersOf, type Rig, readToEnd } from "../testing.ts";
import { type CompactableLog, Compactor } from "./compactor.ts";
import type { CompactionSettings } from "./ports.ts";
import { CompactionProbe } from "./probe.ts";
// Loaded beforehand: in a world without threads nothing waits for a file.
import "./compaction-thread.ts";

export const SETTINGS: CompactionSettings = {
  isEnabled: true,
  backoffMs: 1000,
  dedupeBufferBytes: 1024 * 1024,
  dedupeLoadFactor: 0.9,
  readBytes: 64 * 1024,
  bytesPerSecondMax: Number.POSITIVE_INFINITY,
};

/** Small segments that are compacted whenever there is anything to compact. */
export const COMPACTED: Partial<LogConfig> = {
  cleanupPolicy: ["compact"],
  segmentBytes: 1000,
  indexIntervalBytes: 200,
  minCleanableDirtyRatio: 0,
};

/** A compactor over `logs`; its timer is the rig's. */
export function compactorOf(
  rig: Rig,
  logs: () => Iterable<CompactableLog>,
  settings: Partial<CompactionSettings> = {},
): Compactor {
  const { disk, time } = rig;
  return new Compactor(
    {
      threads: inlineThreads({ disk, clock: time, scheduler: time }),
      clock: time,
      scheduler: time,
      random: seededRandom(7),
      logger: silentLogger,
      disk,
      probe: new CompactionProbe(new MetricRegistry()),
      logs,
    },
    { ...SETTINGS, ...settings },
  );
}

/** Compacts `log` up to its stable offset, its end where none is given, until nothing is due. */
export async function compact(
  rig: Rig,
  log: PartitionLog,
  options: Partial<CompactionSettings> & { readonly stableOffset?: number } = {},
): Promise<ReturnType<Compactor["viewOf"]>> {
  const { stableOffset = log.logEndOffset, ...settings } = options;
  const one = { log, stableOffset };
  const compactor = compactorOf(rig, () => [one], settings);
  await rig.run(compactor.compactDue());
  const view = compactor.viewOf(one);
  await rig.run(compactor.close());
  return view;
}

export interface SeenRecord extends LogRecord {
  readonly producerId: bigint;
  readonly isControl: boolean;
}

/** All records of a log, control records as well, in their order. */
export async function recordsIn(rig: Rig, log: PartitionLog): Promise<SeenRecord[]> {
  const bytes = await readToEnd(rig, log, log.logStartOffset);
  const seen: SeenRecord[] = [];
  let at = 0;
  for (const header of headersOf(bytes)) {
    const { attributes, producerId } = header;
    for (const record of recordsOf(bytes, { at, header, maxOutputLength: 1024 * 1024 })) {
      seen.push({ ...record, producerId, isControl: isControl(attributes) });
    }
    at += header.sizeInBytes;
  }
  return seen;
}
