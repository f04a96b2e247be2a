/**
 * Keeps apart what the client library cannot write into one batch.
 *
 * `@platformatic/kafka` 2.12.1 writes a record's time as the difference to the first one of its batch
 * and gets differences wrong that do not fit into 32 bits (its zigzag encoding of int64 shifts by 31):
 * the broker then stores another time than the one given, without any error. What lies further apart
 * than that is sent in one wave after the other. To go once the library writes them right.
 */

/** Half of what the library can do (24 days): "now" is a little later when the batch is built. */
export const WAVE_SPAN_MS = 2 ** 30;

interface TimedRecord {
  readonly partition: number;
  /** Ms since 1970; null for now. */
  readonly timestamp: number | null;
}

/**
 * The records in groups to be sent one after the other, in which no time of a partition is further
 * than `WAVE_SPAN_MS` from that of the partition's first record. Each partition's records stay in
 * order; only those that have to wait.
 */
export function splitByTime<Item>(
  items: readonly Item[],
  nowMs: number,
  timeOf: (item: Item) => TimedRecord,
): readonly (readonly Item[])[] {
  const waves: Item[][] = [];
  const current = new Map<number, { readonly wave: number; readonly baseMs: number }>();
  for (const item of items) {
    const { partition, timestamp } = timeOf(item);
    const atMs = timestamp ?? nowMs;
    let at = current.get(partition);
    if (at === undefined || Math.abs(atMs - at.baseMs) > WAVE_SPAN_MS) {
      at = { wave: at === undefined ? 0 : at.wave + 1, baseMs: atMs };
      current.set(partition, at);
    }
    const wave = waves[at.wave];
    if (wave === undefined) waves.push([item]);
    else wave.push(item);
  }
  return waves;
}
