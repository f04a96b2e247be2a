/** The failures of the outside world, and how they are thrown. */
import { IoError, messageOf, systemCode } from "@runnel/kit/errors.ts";

const IO_ERRORS = {
  RUNNEL_DISK_FAILED: "the file system said no; the cause has its own code",
  RUNNEL_LISTEN_FAILED: "an address could not be listened on",
  RUNNEL_WORKERS_BUSY: "more work waits for the worker threads than may wait",
  RUNNEL_WORKER_LOST: "a worker thread died, took too long, or was closed with work under way",
} as const;

export type IoErrorCode = keyof typeof IO_ERRORS;

export function ioError(code: IoErrorCode, message: string, cause?: unknown): IoError {
  return new IoError(code, message, cause);
}

const LISTEN_REASONS: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another program listens there"],
  ["EACCES", "the system does not allow it"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
]);

/** Why an address could not be listened on, as the end of a sentence. */
export function listenReason(cause: unknown): string {
  return LISTEN_REASONS.get(systemCode(cause)) ?? messageOf(cause);
}
