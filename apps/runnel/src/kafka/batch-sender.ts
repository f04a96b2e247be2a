/**
 * Collects records into batches: one is under way, one is filling. Whoever adds waits while both are
 * full, so memory stays bounded whatever the input does; a lone record goes out at once.
 */
import type { InputRecord } from "../commands/produce-input.ts";

/** A record on its way, with its place in the input, counted from 1. */
export interface NumberedRecord extends InputRecord {
  readonly line: number;
}

export const BATCH_BYTES_MAX = 512 * 1024;
export const BATCH_RECORDS_MAX = 5_000;

export class BatchSender {
  readonly #send: (batch: readonly NumberedRecord[]) => Promise<void>;
  #batch: NumberedRecord[] = [];
  #batchBytes = 0;
  #sending: Promise<void> | null = null;
  #failure: { readonly reason: unknown } | null = null;

  /** `send` is called with one batch at a time; when it rejects, nothing more is sent. */
  constructor(send: (batch: readonly NumberedRecord[]) => Promise<void>) {
    this.#send = send;
  }

  /** Returns once there is room; rejects with the reason for which sending has stopped. */
  async add(record: NumberedRecord): Promise<void> {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    while (this.#isFullWith(bytes)) {
      this.#start();
      if (this.#isFullWith(bytes)) await this.#sending;
    }
    this.#throwIfFailed();
    this.#batch.push(record);
    this.#batchBytes += bytes;
  }

  /** Sends what has been added, unless a batch is under way: then that comes first. */
  flush(): void {
    this.#start();
  }

  /** Returns once all is sent; rejects with the reason for which sending has stopped. */
  async close(): Promise<void> {
    while (this.#failure === null && (this.#sending !== null || this.#batch.length > 0)) {
      this.#start();
      await this.#sending;
    }
    this.#throwIfFailed();
  }

  #isFullWith(bytes: number): boolean {
    if (this.#failure !== null || this.#batch.length === 0) return false;
    return this.#batchBytes + bytes > BATCH_BYTES_MAX || this.#batch.length >= BATCH_RECORDS_MAX;
  }

  #start(): void {
    if (this.#sending !== null || this.#batch.length === 0 || this.#failure !== null) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#sending = this.#send(batch)
      .catch((reason: unknown) => {
        this.#failure = { reason };
      })
      .then(() => {
        this.#sending = null;
        this.#start();
      });
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.reason;
  }
}
