/** A JSON text in a worker of its own, so that no size of it ever holds up the page. */
import type { Difference, IgnoredPath } from "./json-diff.ts";
import type {
  JsonAnswer,
  JsonChange,
  JsonQuestion,
  JsonRequest,
  OpenedJson,
} from "./json-protocol.ts";
import type { JsonRow } from "./json-tree.ts";

const UNEXPECTED = "the worker answered something else";

export class JsonClient {
  readonly #worker = new Worker(new URL("./json-worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, (answer: JsonAnswer) => void>();
  #nextId = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<JsonAnswer>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    });
    this.#worker.addEventListener("error", ({ message }) => {
      for (const [id, settle] of this.#waiting) settle({ id, kind: "failed", message });
      this.#waiting.clear();
    });
  }

  /** Rejects where no tree can be made of the text, with a sentence that says why. */
  async open(text: string): Promise<OpenedJson> {
    const answer = await this.#ask({ kind: "open", text });
    if (answer.kind === "opened") return answer;
    throw new Error(answer.kind === "failed" ? answer.message : UNEXPECTED);
  }

  async rows(start: number, end: number): Promise<readonly JsonRow[]> {
    const answer = await this.#ask({ kind: "rows", start, end });
    return answer.kind === "rows" ? answer.rows : [];
  }

  async change(request: JsonChange): Promise<number> {
    return this.#count(request);
  }

  /** All of what is in a row, as JSON. */
  async textOf(index: number): Promise<string> {
    const answer = await this.#ask({ kind: "text", index });
    if (answer.kind === "text") return answer.text;
    throw new Error(answer.kind === "failed" ? answer.message : UNEXPECTED);
  }

  /** As `diffJson` finds them. Rejects where the worker failed. */
  async diff(
    before: string,
    after: string,
    ignored: readonly IgnoredPath[],
  ): Promise<readonly Difference[] | null> {
    const answer = await this.#ask({ kind: "diff", before, after, ignored });
    if (answer.kind === "diff") return answer.differences;
    throw new Error(answer.kind === "failed" ? answer.message : "no differences came");
  }

  close(): void {
    this.#worker.terminate();
    this.#waiting.clear();
  }

  async #count(request: JsonRequest): Promise<number> {
    const answer = await this.#ask(request);
    if (answer.kind === "count") return answer.rowCount;
    throw new Error(answer.kind === "failed" ? answer.message : UNEXPECTED);
  }

  #ask(request: JsonRequest): Promise<JsonAnswer> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, ...request } satisfies JsonQuestion);
    });
  }
}
