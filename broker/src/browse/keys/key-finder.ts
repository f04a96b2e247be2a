/** Plans a scan for a few keys: says, of the segments that have a key index, which batches may hold them. */

import { IoError } from "@runnel/kit/errors.ts";
import { murmur2 } from "@runnel/protocol/partitioner.ts";
import type { FileHandles } from "#log/file-handles.ts";
import { fileName } from "#log/names.ts";
import type { Planner, SegmentPlan, Stretch } from "../source/plan.ts";
import type { SegmentSource } from "../source/segment-source.ts";
import { findInRun, type Run, readRuns } from "./runs.ts";

export class KeyFinder implements Planner {
  readonly #files: FileHandles;
  readonly #folder: string;
  readonly #hashes: readonly number[];
  /** Bytes of the segments asked for so far, and those of them that an index answers for. */
  bytes = 0;
  indexedBytes = 0;

  constructor(files: FileHandles, folder: string, keys: readonly Uint8Array[]) {
    this.#files = files;
    this.#folder = folder;
    this.#hashes = [...new Set(keys.map((key) => murmur2(key) >>> 0))];
  }

  async planFor(source: SegmentSource): Promise<SegmentPlan> {
    const { baseOffset, size } = source.segment;
    const path = `${this.#folder}/${fileName(baseOffset, ".keyindex")}`;
    this.bytes += size;
    const { runs } = await readRuns(this.#files, path, (run) => source.isBatchAt(run));
    const plan: Stretch[] = [];
    for (const run of runs) {
      // A run that goes further than what may be read knows of batches that nobody may see yet.
      if (run.endPosition > size) break;
      const positions = await this.#positionsIn(path, run);
      if (positions === null) continue;
      plan.push({
        start: { position: run.startPosition, nextOffset: run.startOffset },
        end: { position: run.endPosition, nextOffset: run.endOffset },
        positions,
      });
      this.indexedBytes += run.endPosition - run.startPosition;
    }
    return plan;
  }

  /** Where the keys may be in a run, in order; null where it cannot say. */
  async #positionsIn(path: string, run: Run): Promise<Int32Array | null> {
    const positions: number[] = [];
    try {
      for (const hash of this.#hashes) {
        if (!(await findInRun(this.#files, path, { run, hash, positions }))) return null;
      }
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return null;
    }
    return Int32Array.from(new Set(positions)).sort();
  }
}
