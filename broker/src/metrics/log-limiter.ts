/** Keeps a flood of events out of the log: one line a second of each kind, with how many it stands for. */
import type { Clock, LogFields, Logger } from "@runnel/kit/world.ts";

/** Ms between two lines of one kind. */
const INTERVAL_MS = 1000;
/** Kinds that are told apart; more share one allowance. */
const KINDS_MAX = 100;

interface Allowance {
  /** Monotonic ms from which the next line may be written. */
  nextAt: number;
  suppressed: number;
}

export class LogLimiter {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Allowance>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  info(fields: LogFields, message: string): void {
    const allowed = this.#allow(message, fields);
    if (allowed !== null) this.#logger.info(allowed, message);
  }

  warn(fields: LogFields, message: string): void {
    const allowed = this.#allow(message, fields);
    if (allowed !== null) this.#logger.warn(allowed, message);
  }

  error(fields: LogFields, message: string): void {
    const allowed = this.#allow(message, fields);
    if (allowed !== null) this.#logger.error(allowed, message);
  }

  /** The fields to write; null for none this time. The message, which is a constant, is the kind. */
  #allow(message: string, fields: LogFields): LogFields | null {
    const kind = this.#kinds.size < KINDS_MAX || this.#kinds.has(message) ? message : "";
    const nowMs = this.#clock.monotonicMs();
    let allowance = this.#kinds.get(kind);
    if (allowance === undefined) {
      allowance = { nextAt: 0, suppressed: 0 };
      this.#kinds.set(kind, allowance);
    }
    if (nowMs < allowance.nextAt) {
      allowance.suppressed += 1;
      return null;
    }
    const { suppressed } = allowance;
    allowance.nextAt = nowMs + INTERVAL_MS;
    allowance.suppressed = 0;
    return suppressed > 0 ? { ...fields, suppressed } : fields;
  }
}
