/**
 * What a command says. Results go to stdout, remarks and progress to stderr. Writes wait for a slow
 * reader; once the reader has gone, `gone` aborts and every further write throws `BrokenPipeError`.
 */
import { BrokenPipeError } from "./failure.ts";

export class Output {
  readonly #gone = new AbortController();
  readonly isTerminal: boolean;

  constructor() {
    this.isTerminal = process.stdout.isTTY === true;
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      this.#gone.abort(new BrokenPipeError("the reader of the output has gone"));
    });
    // A reader of stderr that has gone is no reason to stop.
    process.stderr.on("error", () => {});
  }

  /** Aborted when nobody reads the output any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Returns once there is room for more. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.gone.throwIfAborted();
    if (process.stdout.write(chunk)) return;
    await new Promise<void>((settle, fail) => {
      const drained = (): void => {
        this.gone.removeEventListener("abort", broke);
        settle();
      };
      const broke = (): void => {
        process.stdout.off("drain", drained);
        fail(this.gone.reason);
      };
      process.stdout.once("drain", drained);
      this.gone.addEventListener("abort", broke, { once: true });
    });
  }

  /** One JSON document: indented for a person's terminal, on one line for a program. */
  async json(value: unknown): Promise<void> {
    await this.write(`${JSON.stringify(value, null, this.isTerminal ? 2 : 0)}\n`);
  }

  /** A remark on stderr, on a line of its own. */
  remark(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}
