/** One job in a thread: what it is given to work with, and how it talks to its client. */
import type { Clock, Scheduler } from "@runnel/kit/world.ts";
import type { Disk, DiskFile, ThreadHost } from "#io/ports.ts";
import { OUTSTANDING_BYTES_MAX, PRESSED_PAUSE_MS, PRESSED_TURN_MS, TURN_MS } from "../limits.ts";

/** Longer is "for ever": what timers can hold. */
const WAIT_MS_MAX = 2 ** 31 - 1;

/** Thrown inside a job that was cancelled, to end it from wherever it is. */
export class JobCancelled extends Error {
  override name = "JobCancelled";
}

export type Say = (message: unknown, bytes: number, moved?: readonly ArrayBuffer[]) => void;

export class Job {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Reads give others a turn where it is time, and throw `JobCancelled` once it is. */
  readonly disk: Disk;
  /** Others need the processors: work less of the time. */
  isPressed = false;
  readonly #say: Say;
  /** Bytes that were said, and those of them that the client took. */
  #saidBytes = 0;
  #takenBytes = 0;
  /** When the client last took something, or there was nothing to take, monotonic ms. */
  #tookAt: number;
  #isCancelled = false;
  #turnEndsAt: number;
  #wake: (() => void) | null = null;
  #onTold: ((news: unknown) => void) | null = null;

  constructor({ clock, scheduler, disk }: ThreadHost, say: Say) {
    this.clock = clock;
    this.scheduler = scheduler;
    this.#say = say;
    this.#tookAt = clock.monotonicMs();
    this.#turnEndsAt = this.#tookAt + TURN_MS;
    this.disk = { ...wrapped(disk), open: async (...args) => this.#wrap(await disk.open(...args)) };
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether the client must take something before more is said, events first of all. */
  get isFull(): boolean {
    return this.#saidBytes - this.#takenBytes >= OUTSTANDING_BYTES_MAX;
  }

  /** How many bytes were said so far; `hasTaken` tells when the client has come there. */
  get saidBytes(): number {
    return this.#saidBytes;
  }

  /** Whether the client took the first `bytes` of what was said. */
  hasTaken(bytes: number): boolean {
    return this.#takenBytes >= bytes;
  }

  /** Since when the client has taken nothing of what is there for it, monotonic ms. */
  get tookAt(): number {
    return this.#tookAt;
  }

  /** Sends a message that counts for `bytes` until the client took it. */
  say(message: unknown, bytes = 0, moved: readonly ArrayBuffer[] = []): void {
    if (this.hasTaken(this.#saidBytes)) this.#tookAt = this.clock.monotonicMs();
    this.#saidBytes += bytes;
    this.#say(message, bytes, moved);
  }

  /**
   * Resolves when the client took something, the job was cancelled, there are news, or it is `untilMs`
   * (monotonic).
   */
  async waitForClient(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#isCancelled) return;
    const leftMs = Math.max(0, untilMs - this.clock.monotonicMs());
    const timer = leftMs <= WAIT_MS_MAX ? this.scheduler.after(leftMs, () => this.#rouse()) : null;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    timer?.cancel();
  }

  /** Gives everything else in the thread a turn where this job had one for long enough. */
  async breathe(): Promise<void> {
    if (this.clock.monotonicMs() < this.#turnEndsAt) return;
    const pauseMs = this.isPressed ? PRESSED_PAUSE_MS : 0;
    await new Promise<void>((resolve) => {
      if (pauseMs > 0) this.scheduler.after(pauseMs, resolve);
      else this.scheduler.soon(resolve);
    });
    this.#turnEndsAt = this.clock.monotonicMs() + (this.isPressed ? PRESSED_TURN_MS : TURN_MS);
  }

  /** Calls `handler` with what the job is told from now on. */
  listen(handler: (news: unknown) => void): void {
    this.#onTold = handler;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#rouse();
  }

  take(bytes: number): void {
    this.#takenBytes += bytes;
    this.#tookAt = this.clock.monotonicMs();
    this.#rouse();
  }

  tell(news: unknown): void {
    this.#onTold?.(news);
    this.#rouse();
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #wrap(file: DiskFile): DiskFile {
    return {
      path: file.path,
      size: () => file.size(),
      read: async (target, position) => {
        if (this.#isCancelled) throw new JobCancelled();
        await this.breathe();
        return await file.read(target, position);
      },
      write: (parts, position) => file.write(parts, position),
      sync: () => file.sync(),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    };
  }
}

/** The operations of a disk as values: those of a class are not its own. */
function wrapped(disk: Disk): Disk {
  return {
    open: (...args) => disk.open(...args),
    stat: (...args) => disk.stat(...args),
    list: (...args) => disk.list(...args),
    makeDirectory: (...args) => disk.makeDirectory(...args),
    rename: (...args) => disk.rename(...args),
    removeFile: (...args) => disk.removeFile(...args),
    removeDirectory: (...args) => disk.removeDirectory(...args),
    syncDirectory: (...args) => disk.syncDirectory(...args),
    space: (...args) => disk.space(...args),
    allocate: (length) => disk.allocate(length),
  };
}
