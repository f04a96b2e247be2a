/** The worker's side of `whole-record.ts`: reads one event, answers once. */
import { ApiError, createClient } from "@runnel/contracts/client.ts";
import { readRecord } from "./read-record.ts";
import type { WholeRecordAnswer, WholeRecordQuestion } from "./whole-record-protocol.ts";

async function answer({ baseUrl, params }: WholeRecordQuestion): Promise<WholeRecordAnswer> {
  try {
    return { kind: "read", record: await readRecord(createClient({ baseUrl }), params) };
  } catch (error) {
    if (error instanceof ApiError) return { kind: "refused", problem: error.problem };
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

addEventListener("message", ({ data }: MessageEvent<WholeRecordQuestion>) => {
  void answer(data).then(postMessage);
});
