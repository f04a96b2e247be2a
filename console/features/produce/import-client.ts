/** A file of records in a worker of its own: no size of it holds up the page. */
import type { FileFormat } from "@runnel/contracts/record-file-writers.ts";
import type { ImportBatch, ImportChoices, ImportSummary } from "./import-file.ts";
import type { ImportAnswer, ImportQuestion, ImportRequest } from "./import-protocol.ts";

export class ImportClient {
  readonly #worker = new Worker(new URL("./import-worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, (answer: ImportAnswer) => void>();
  #nextId = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<ImportAnswer>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    });
    this.#worker.addEventListener("error", ({ message }) => {
      for (const [id, settle] of this.#waiting) settle({ id, kind: "failed", message });
      this.#waiting.clear();
    });
  }

  /** Rejects where the file cannot be read at all. */
  async open(format: FileFormat, file: Blob): Promise<ImportSummary> {
    const answer = await this.#ask({ kind: "open", format, file });
    if (answer.kind === "summary") return answer.summary;
    throw new Error(answer.kind === "failed" ? answer.message : "no summary came");
  }

  /** As `ImportSource.batch`. */
  async batch(start: number, choices: ImportChoices): Promise<ImportBatch> {
    const answer = await this.#ask({ kind: "batch", start, choices });
    if (answer.kind === "batch") return answer.batch;
    throw new Error(answer.kind === "failed" ? answer.message : "no records came");
  }

  close(): void {
    this.#worker.terminate();
    this.#waiting.clear();
  }

  #ask(request: ImportRequest): Promise<ImportAnswer> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, ...request } satisfies ImportQuestion);
    });
  }
}
