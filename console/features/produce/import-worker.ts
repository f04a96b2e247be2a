/** The worker's side of `import-client.ts`: holds the records of one file. */
import { ImportSource } from "./import-file.ts";
import type { ImportAnswer, ImportQuestion } from "./import-protocol.ts";

let source: ImportSource | null = null;

async function answer(question: ImportQuestion): Promise<ImportAnswer> {
  const { id } = question;
  try {
    if (question.kind === "open") {
      source = null;
      const bytes = await question.file.arrayBuffer();
      source = new ImportSource(question.format, decode(bytes));
      return { id, kind: "summary", summary: source.summary };
    }
    if (source === null) return { id, kind: "failed", message: "no file is open" };
    return { id, kind: "batch", batch: source.batch(question.start, question.choices) };
  } catch (error) {
    return { id, kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Strictly: a byte that is silently replaced would be produced as another one. */
function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error("The file is no UTF-8 text: save it as UTF-8");
  }
}

addEventListener("message", ({ data }: MessageEvent<ImportQuestion>) => {
  void answer(data).then((reply) => postMessage(reply));
});
