/** What a failure of the disk means for a log. */
import { messageOf, systemCode } from "@runnel/kit/errors.ts";
import type { DiskFile } from "#io/ports.ts";

/** Failures after which the disk may be fine again once there is room. */
const PASSING_FAILURES = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EMFILE", "ENFILE"]);

/** What a disk says that is broken, gone, or switched to reading by the system to protect it. */
const DISK_FAILURES = new Set(["EIO", "EROFS", "ENXIO", "ENODEV", "ESTALE", "EUCLEAN", "EBADMSG"]);

/** A sync failed: what was written before may be lost, whatever the system's code is. */
export class SyncFailure extends Error {
  override name = "SyncFailure";
}

/** Syncs `file`; rejects with `SyncFailure`, after which it must not be tried again. */
export async function syncFile(file: DiskFile): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    throw new SyncFailure(messageOf(error), { cause: error });
  }
}

/**
 * Whether `error` speaks of the whole disk, and not of one file or of fullness. One place that cannot be
 * read does not: other places can.
 */
export function isDiskFailure(error: unknown, met: "writing" | "loading"): boolean {
  if (error instanceof SyncFailure) return true;
  const code = systemCode(error);
  return DISK_FAILURES.has(code) && (met === "writing" || code !== "EIO");
}

/** Whether a log may go on after `error`, once it is loaded again. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof SyncFailure) && PASSING_FAILURES.has(systemCode(error));
}
