/**
 * How V8 weighs the memory that lies outside its heap.
 *
 * Every chunk that a socket receives is such memory, and the tail cache keeps up to its limit of it. By
 * default V8 begins to mark its whole heap for each further 64 MiB: at 300 MB/s that is five times a
 * second, and took more CPU time than all the broker did for the records. Where it counts that memory
 * within its limit of the whole, the limit grows with what is alive, by 30 % at most, and it marks as
 * rarely as it should.
 */
import * as v8 from "node:v8";

/** Counts memory outside the heap within V8's limit of the whole; for a process that is ours alone. */
export function countOutsideMemory(): void {
  v8.setFlagsFromString("--external-memory-accounted-in-global-limit");
}
