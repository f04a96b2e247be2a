/** The thread behind `workers.ts`: one job in, its outcome out, one at a time. */
import { parentPort } from "node:worker_threads";
import { DecodeError, messageOf } from "@runnel/kit/errors.ts";
import { decompress } from "@runnel/protocol/compression/codecs.ts";
import { CODEC_NAMES } from "@runnel/protocol/records/batch.ts";
import type { Job, Outcome } from "./decompress-job.ts";

function run({ codec, bytes, outputMax }: Job): Outcome {
  try {
    const name = CODEC_NAMES[codec];
    if (name === undefined) throw new DecodeError(`there is no codec ${codec}`);
    return { kind: "done", bytes: decompress(name, bytes, { maxOutputLength: outputMax }) };
  } catch (error) {
    return { kind: "failed", isBadInput: error instanceof DecodeError, message: messageOf(error) };
  }
}

/** Moves the result where it owns all of its memory; a view of something larger is copied. */
function transferable(bytes: Uint8Array): ArrayBuffer[] {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length ? [buffer] : [];
}

parentPort?.on("message", (job: Job) => {
  const outcome = run(job);
  if (outcome.kind === "failed") parentPort?.postMessage(outcome);
  else {
    const own = transferable(outcome.bytes);
    const bytes = own.length > 0 ? outcome.bytes : outcome.bytes.slice();
    parentPort?.postMessage({ kind: "done", bytes }, [bytes.buffer as ArrayBuffer]);
  }
});
