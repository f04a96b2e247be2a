/** The indexes of closed segments that are in memory: those that were used last, at most so many bytes. */
import type { ReaderIo } from "./log-reader.ts";
import type { Segment, SegmentIndexes } from "./segment.ts";
import { loadIndexes } from "./segment-files.ts";
import { OFFSET_ENTRY_SIZE, TIME_ENTRY_SIZE } from "./sparse-index.ts";

/** Bytes of indexes of closed segments in memory; those of a 1 GiB segment have up to 5 MiB. */
export const LOADED_BYTES_MAX = 32 * 1024 * 1024;

export class IndexCache {
  /** Bytes by segment, least recently used first. */
  readonly #loaded = new Map<Segment, number>();
  #bytes = 0;
  readonly #loading = new Map<Segment, Promise<SegmentIndexes>>();

  /** Bytes of indexes in memory now, those of active segments not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The indexes of `segment`, read from their files where they are not in memory. */
  async indexesOf(
    io: ReaderIo,
    segment: Segment,
    indexIntervalBytes: number,
  ): Promise<SegmentIndexes> {
    if (segment.indexes !== null && !this.#loaded.has(segment)) return segment.indexes;
    const indexes = segment.indexes ?? (await this.#load(io, segment, indexIntervalBytes));
    this.#forget(segment);
    segment.indexes = indexes;
    const bytes = sizeOf(indexes);
    this.#loaded.set(segment, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#loaded.keys()) {
      if (this.#bytes <= LOADED_BYTES_MAX || oldest === segment) break;
      this.#forget(oldest);
    }
    return indexes;
  }

  /** Forgets the indexes of a segment that has left its log. */
  drop(segment: Segment): void {
    this.#forget(segment);
  }

  /** Reads the files once, however many ask at the same time. */
  #load(io: ReaderIo, segment: Segment, indexIntervalBytes: number): Promise<SegmentIndexes> {
    const known = this.#loading.get(segment);
    if (known !== undefined) return known;
    const loading = loadIndexes(io, segment, indexIntervalBytes).finally(() =>
      this.#loading.delete(segment),
    );
    this.#loading.set(segment, loading);
    return loading;
  }

  #forget(segment: Segment): void {
    const bytes = this.#loaded.get(segment);
    if (bytes === undefined) return;
    this.#loaded.delete(segment);
    this.#bytes -= bytes;
    segment.indexes = null;
  }
}

function sizeOf({ offsets, times }: SegmentIndexes): number {
  return offsets.count * OFFSET_ENTRY_SIZE + times.count * TIME_ENTRY_SIZE;
}
