/** All of an event, of up to 16 MiB a field, read in a worker: its JSON alone would hold up the page. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { ApiError } from "../../lib/api.ts";
import type { RecordParams } from "./read-record.ts";
import type { WholeRecordAnswer, WholeRecordQuestion } from "./whole-record-protocol.ts";

/** Null where there is none at that offset. */
export async function readWholeRecord(
  params: RecordParams,
  signal?: AbortSignal,
): Promise<DecodedRecord | null> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./whole-record-worker.ts", import.meta.url), {
    type: "module",
  });
  try {
    const answer = await new Promise<WholeRecordAnswer>((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<WholeRecordAnswer>) =>
        resolve(data),
      );
      worker.addEventListener("error", ({ message }) => resolve({ kind: "failed", message }));
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
      const question: WholeRecordQuestion = { baseUrl: `${location.origin}/api`, params };
      worker.postMessage(question);
    });
    if (answer.kind === "read") return answer.record;
    throw answer.kind === "refused" ? new ApiError(answer.problem) : new Error(answer.message);
  } finally {
    worker.terminate();
  }
}
