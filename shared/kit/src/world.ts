/** What core code may know of time, chance and the outside: values and narrow interfaces, handed in. */

/** Two clocks: the calendar, which may jump, and one that only goes forward. */
export interface Clock {
  /** Wall time, ms since 1970. For timestamps people see and for retention; never for safety. */
  nowMs(): number;
  /** Ms on a clock that never goes back, with a fraction. For timeouts. */
  monotonicMs(): number;
}

/** A pending call; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Runs work later. Work never runs inside the call that schedules it. */
export interface Scheduler {
  /** Runs `work` once, `delayMs` (0 or more) from now or later. Does not keep a process alive. */
  after(delayMs: number, work: () => void): Timer;
  /** Runs `work` when the events that are ready now were handled: the end of the current turn. */
  soon(work: () => void): void;
}

/** A source of chance. */
export interface Random {
  /** A whole number, 0 ≤ n < `bound`; `bound` from 1 to 2^53. */
  below(bound: number): number;
  /** `length` bytes. */
  bytes(length: number): Uint8Array;
}

/** Structured log lines. `fields` are values, not text made from them. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** A logger that says nothing, for tests and embedding. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
