/** Progress of long work on stderr: one line that changes on a terminal, a line now and then else. */

const TERMINAL_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 10_000;
/** Work shorter than this says nothing. */
const QUIET_MS = 1_000;

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Progress implements Disposable {
  readonly #stream: ProgressStream;
  readonly #nowMs: () => number;
  #nextMs: number;
  #isShown = false;

  constructor(
    stream: ProgressStream = process.stderr,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#stream = stream;
    this.#nowMs = nowMs;
    this.#nextMs = nowMs() + (stream.isTTY === true ? QUIET_MS : LOG_INTERVAL_MS);
  }

  /** Shows the text if it is time for it; `text` is only called then. */
  update(text: () => string): void {
    const now = this.#nowMs();
    if (now < this.#nextMs) return;
    if (this.#stream.isTTY === true) {
      this.#stream.write(`\r\u001b[K${text()}`);
      this.#isShown = true;
      this.#nextMs = now + TERMINAL_INTERVAL_MS;
    } else {
      this.#stream.write(`${text()}\n`);
      this.#nextMs = now + LOG_INTERVAL_MS;
    }
  }

  /** Takes the changing line away. */
  [Symbol.dispose](): void {
    if (this.#isShown) this.#stream.write("\r\u001b[K");
    this.#isShown = false;
  }
}
