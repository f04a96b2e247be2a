/** A logger that keeps the last lines, and listens for what no fault excuses: errors that are bugs. */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { LogFields, Logger } from "@runnel/kit/world.ts";
import type { SimTime } from "./time.ts";

/** Lines that are kept. */
const LINES_MAX = 2_000;
/** Errors that mean a bug, whoever catches them. */
const BUGS: ReadonlySet<string> = new Set([
  "InvariantError",
  "TypeError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
]);

export class ListeningLogger implements Logger {
  readonly lines: string[] = [];
  readonly #time: SimTime;
  readonly #onBug: (text: string) => void;

  constructor(time: SimTime, onBug: (text: string) => void) {
    this.#time = time;
    this.#onBug = onBug;
  }

  debug(): void {}

  info(fields: LogFields, message: string): void {
    this.#add("info", fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#add("warn", fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#add("error", fields, message);
  }

  child(): Logger {
    return this;
  }

  #add(level: string, fields: LogFields, message: string): void {
    const { error } = fields;
    if (error instanceof Error && BUGS.has(error.name)) {
      this.#onBug(`${message}: ${error.stack ?? error.message}`);
    }
    const shown = Object.entries(fields).map(([name, value]) => {
      return ` ${name}=${value instanceof IoError || value instanceof Error ? messageOf(value) : String(value)}`;
    });
    this.lines.push(`${this.#time.monotonicMs().toFixed(2)} ${level} ${message}${shown.join("")}`);
    if (this.lines.length > LINES_MAX) this.lines.splice(0, LINES_MAX / 2);
  }
}
