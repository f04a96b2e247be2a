/** The names of files in a partition's folder: Kafka's own, so that its tools read them, and one of ours. */

/** `.keyindex` is ours: which batches hold a key. It can always be made again, and browsing does. */
export type SegmentSuffix =
  | ".log"
  | ".index"
  | ".timeindex"
  | ".txnindex"
  | ".snapshot"
  | ".keyindex";

/** The files that a segment may have beside its `.log`, and that go with it. */
export const INDEX_SUFFIXES = [".index", ".timeindex", ".txnindex", ".keyindex"] as const;

/** Marks a file that is no longer part of the log and goes after `file.delete.delay.ms`. */
export const DELETED_SUFFIX = ".deleted";
/** Marks the files of a segment that compaction is making. */
export const CLEANED_SUFFIX = ".cleaned";
/** Marks the `.log` of a complete one that is taking the place of others. */
export const SWAP_SUFFIX = ".swap";
/** Marks a file that was being written when the process ended. */
export const TEMPORARY_SUFFIX = ".tmp";
/** Marks a segment that recovery could not join to the log; a person may look at it. */
export const DAMAGED_SUFFIX = ".damaged";
export const EPOCH_CHECKPOINT = "leader-epoch-checkpoint";

/** `00000000000000000042.log` for offset 42. */
export function fileName(offset: number, suffix: SegmentSuffix): string {
  return `${String(offset).padStart(20, "0")}${suffix}`;
}

/** The offset a file is named by; null for a name of another kind. */
export function offsetOfName(name: string, suffix: SegmentSuffix): number | null {
  if (name.length !== 20 + suffix.length || !name.endsWith(suffix)) return null;
  const digits = name.slice(0, 20);
  if (!/^\d{20}$/.test(digits)) return null;
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? offset : null;
}
