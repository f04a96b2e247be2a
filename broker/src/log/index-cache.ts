/** The indexes of closed segments that are in memory: those that were used last, at most a named number. */
import type { ReaderIo } from "./log-reader.ts";
import type { Segment, SegmentIndexes } from "./segment.ts";
import { loadIndexes } from "./segment-files.ts";

/** Closed segments whose indexes stay in memory: up to 5 MiB each for 1 GiB segments. */
export const LOADED_SEGMENTS_MAX = 32;

export class IndexCache {
  /** Least recently used first. */
  readonly #loaded = new Set<Segment>();
  readonly #loading = new Map<Segment, Promise<SegmentIndexes>>();

  /** The indexes of `segment`, read from their files where they are not in memory. */
  async indexesOf(
    io: ReaderIo,
    segment: Segment,
    indexIntervalBytes: number,
  ): Promise<SegmentIndexes> {
    if (segment.indexes !== null && !this.#loaded.has(segment)) return segment.indexes;
    const indexes = segment.indexes ?? (await this.#load(io, segment, indexIntervalBytes));
    segment.indexes = indexes;
    this.#loaded.delete(segment);
    this.#loaded.add(segment);
    if (this.#loaded.size > LOADED_SEGMENTS_MAX) {
      const [oldest] = this.#loaded;
      if (oldest !== undefined) this.#forget(oldest);
    }
    return indexes;
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
    this.#loaded.delete(segment);
    segment.indexes = null;
  }
}
