/** Answers of requests that may be sent again: the same key and content answer what was answered. */
import { createHash } from "node:crypto";
import type { Clock } from "@runnel/kit/world.ts";
import { Refusal } from "../problem.ts";

/** How long an answer is remembered. */
const REMEMBERED_MS = 10 * 60_000;
/** Answers that are remembered, and the characters of their bodies; the oldest leave first. */
const REMEMBERED_MAX = 1_000;
const REMEMBERED_LENGTH_MAX = 4 * 1024 * 1024;
const KEY_LENGTH_MAX = 128;

/** An answer as it went out, but for its connection. */
export interface KeptAnswer {
  readonly status: number;
  readonly text: string;
}

interface Entry {
  readonly content: string;
  /** Monotonic ms. */
  readonly expiresAt: number;
  readonly answer: Promise<KeptAnswer>;
  /** Of its body; 0 until there is one. */
  length: number;
}

export class IdempotentAnswers {
  readonly #clock: Clock;
  /** In the order in which they expire. */
  readonly #entries = new Map<string, Entry>();
  #length = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What `work` answers, or what it answered before under `key`; who comes while it is under way waits for
   * it. Of work that throws nothing is remembered, unless it may have been done: then a repetition is
   * refused as the first one was. Throws a `Refusal` where `key` stood for another
   * `request`, which is whatever makes two of them the same.
   */
  async run(key: string, request: unknown, work: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    if (!/^[\x21-\x7e]+$/.test(key) || key.length > KEY_LENGTH_MAX) throw badKey();
    const content = createHash("sha256").update(JSON.stringify(request)).digest("base64");
    this.#makeRoom();
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (known.content !== content) throw reused(key);
      return await known.answer;
    }
    const answer = work();
    const expiresAt = this.#clock.monotonicMs() + REMEMBERED_MS;
    const entry: Entry = { content, expiresAt, answer, length: 0 };
    this.#entries.set(key, entry);
    try {
      const { text } = await answer;
      if (this.#entries.get(key) === entry) {
        entry.length = text.length;
        this.#length += text.length;
      }
      return await answer;
    } catch (error) {
      const isUncertain = error instanceof Refusal && error.text.isUncertain === true;
      if (!isUncertain && this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  #makeRoom(): void {
    const now = this.#clock.monotonicMs();
    for (const [key, { expiresAt, length }] of this.#entries) {
      const isFull = this.#entries.size >= REMEMBERED_MAX || this.#length > REMEMBERED_LENGTH_MAX;
      if (expiresAt > now && !isFull) return;
      this.#entries.delete(key);
      this.#length -= length;
    }
  }
}

function badKey(): Refusal {
  const message = `must be 1 to ${KEY_LENGTH_MAX} visible ASCII characters`;
  return new Refusal("invalid-request", {
    detail: `Idempotency-Key: it ${message}`,
    remedy: "Use a random UUID for every new request.",
    errors: [{ in: "header", field: "idempotency-key", message }],
  });
}

function reused(key: string): Refusal {
  return new Refusal("idempotency-key-reused", {
    detail: `the idempotency key ${key} was used for another request`,
    remedy: "Use a new key for a new request, and the same one only to repeat a request.",
  });
}
