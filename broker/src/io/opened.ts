/**
 * What a process has opened, closed in the opposite order. The language's `AsyncDisposableStack` does the
 * same, but came with Node 24, and the packages run on 22.
 */
export class Opened implements AsyncDisposable {
  #closers: (() => unknown)[] = [];

  /** `close` is called when this is disposed of, before those that were given earlier. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Hands everything over: this one closes nothing any more. */
  move(): Opened {
    const moved = new Opened();
    moved.#closers = this.#closers;
    this.#closers = [];
    return moved;
  }

  /** Closes everything, whatever fails; rejects with the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== null) throw failure.error;
  }
}
