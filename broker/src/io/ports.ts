/**
 * The world outside the broker, as interfaces: `io/node` serves them for real, tests and the simulator
 * in memory with faults. Core code sees the disk, the network and threads through these alone.
 */
import type { Clock, Logger, Random, Scheduler } from "@runnel/kit/world.ts";

/** A file that is open for reading and writing. Reads and writes at any position may run at once. */
export interface DiskFile {
  readonly path: string;
  /** Its length in bytes now. */
  size(): Promise<number>;
  /** Fills `target` from `position`; returns how many bytes there were, fewer only at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `parts`, one behind the other, from `position`. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  /** Returns once data and length survive a power cut (fdatasync). Never retry one that failed. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileStat {
  readonly size: number;
  readonly isDirectory: boolean;
  /** Wall time of the last change of content, ms. */
  readonly modifiedAt: number;
}

/** A file system. Failures are `IoError` with the system's error as `cause`. */
export interface Disk {
  /** Opens a file; `create` makes it when it is missing. */
  open(path: string, options: { readonly create: boolean }): Promise<DiskFile>;
  /** Null when there is nothing at `path`. */
  stat(path: string): Promise<FileStat | null>;
  /** Names in a folder, in no order; empty when the folder is missing. */
  list(path: string): Promise<readonly string[]>;
  /** Makes a folder and its parents; no error when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Replaces `target` in one step; durable after `syncDirectory` of the folder. */
  rename(source: string, target: string): Promise<void>;
  /** Removes a file; no error when it is missing. */
  removeFile(path: string): Promise<void>;
  /** Removes a folder with all in it; no error when it is missing. */
  removeDirectory(path: string): Promise<void>;
  /** Makes creations, renames and removals in a folder survive a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes free and in all on the file system that holds `path`. */
  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
  /** Bytes for reading into; their content is undefined. */
  allocate(length: number): Uint8Array;
}

/** One accepted connection. Events come on the event loop, never inside a call made here. */
export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The address and port on which the client's connection arrived. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Bytes handed to `write` that the system has not taken yet. */
  readonly unsentBytes: number;
  /** Sends `parts` in order, in one system call where it can. They must not change until sent. */
  write(parts: readonly Uint8Array[]): void;
  /** Stops and starts `onData`. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  listen(handlers: SocketHandlers): void;
}

export interface SocketHandlers {
  /** The bytes belong to the receiver from here on. */
  onData(bytes: Uint8Array): void;
  /** All that was written has left for the system. */
  onDrain(): void;
  /** Once, last of all; `error` when it was not an orderly end. */
  onClose(error: Error | null): void;
}

export interface Listener {
  readonly host: string;
  /** The port in fact, where 0 was asked for. */
  readonly port: number;
  /** Stops accepting; connections that are open stay. */
  close(): Promise<void>;
}

export interface Network {
  /** Listens on `host:port` (0 = any free port). Rejects with `IoError` naming the address. */
  listen(options: {
    readonly host: string;
    readonly port: number;
    readonly onSocket: (socket: Socket) => void;
  }): Promise<Listener>;
}

/** Work that would block the event loop, done elsewhere: bounded, in worker threads. */
export interface Workers {
  /** Decompresses the records of a batch, at most `outputMax` bytes; rejects with `DecodeError`. */
  decompress(codec: number, bytes: Uint8Array, outputMax: number): Promise<Uint8Array>;
  /** Compresses the records of a batch; `level` null is the codec's own. */
  compress(codec: number, bytes: Uint8Array, level: number | null): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What this process takes of the machine; null where the runtime does not say. */
export interface ProcessStats {
  memory(): {
    readonly residentBytes: number;
    readonly heapUsedBytes: number;
    readonly externalBytes: number;
  };
  /** Processor time since the start, all threads. */
  cpuSeconds(): number;
  /** How late the event loop was since the last call, as far as it was looked at. */
  loopDelay(): { readonly p50: number; readonly p99: number; readonly max: number } | null;
  close(): void;
}

/** Code that can run in a thread of its own. It shares nothing: what it is told comes as messages. */
export interface ThreadCode {
  /** Shown by debuggers and in errors. */
  readonly name: string;
  /** The file that a thread starts from: `new URL("./x.ts", import.meta.url)`. */
  readonly url: URL;
  /** The same file, for worlds that run it beside everything else. */
  load(): Promise<ThreadModule>;
}

export interface ThreadModule {
  /** Called once, with all of the outside that the code has; returns what takes its messages. */
  startThread(host: ThreadHost): (message: unknown) => void;
}

/** The outside of code in a thread. */
export interface ThreadHost {
  /** Operations may block the thread, so that they cost nobody else a turn. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Sends a copy of `message` to who started the thread; `moved` buffers change hands instead. */
  post(message: unknown, moved?: readonly ArrayBuffer[]): void;
}

/** A thread, seen from outside. */
export interface Thread {
  /** Sends a copy of `message`; lost where the thread has ended. */
  post(message: unknown, moved?: readonly ArrayBuffer[]): void;
  /** Ends it at once, whatever it is doing; no handler is called any more. Idempotent. */
  end(): Promise<void>;
}

export interface ThreadHandlers {
  onMessage(message: unknown): void;
  /** It ended by itself: `reason` says why. Nothing comes after that. */
  onEnd(reason: string): void;
}

/** Threads for long work on files, at a lower priority than the event loop where the system can. */
export interface Threads {
  /** Starts `code`; what is posted before it runs waits for it. */
  start(code: ThreadCode, handlers: ThreadHandlers): Thread;
}

/** All of the outside that a node is given. */
export interface World {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly disk: Disk;
  readonly network: Network;
  readonly workers: Workers;
  readonly threads: Threads;
}
