/** What compaction is told of a log's producers, and what it is to obey. */

/** The last a log knows of a producer: batches that say so are not removed, only emptied. */
export interface ActiveProducer {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Of its last batch of data; −1 where markers are all that is known. */
  readonly lastDataOffset: number;
}

/** The broker's settings of compaction (`log.cleaner.…`). */
export interface CompactionSettings {
  readonly isEnabled: boolean;
  readonly backoffMs: number;
  readonly dedupeBufferBytes: number;
  readonly dedupeLoadFactor: number;
  readonly readBytes: number;
  /** Bytes read and written a second; Infinity for no limit. */
  readonly bytesPerSecondMax: number;
}
