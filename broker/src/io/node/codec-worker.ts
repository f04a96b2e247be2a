/** The thread behind `workers.ts`: one job in, its outcome out, one at a time. */
import { parentPort } from "node:worker_threads";
import { DecodeError, messageOf } from "@runnel/kit/errors.ts";
import { compress, decompress } from "@runnel/protocol/compression/codecs.ts";
import { CODEC_NAMES } from "@runnel/protocol/records/batch.ts";
import type { Job, Outcome } from "./codec-job.ts";

function run(job: Job): Outcome {
  try {
    return { kind: "done", bytes: outputOf(job) };
  } catch (error) {
    return { kind: "failed", isBadInput: error instanceof DecodeError, message: messageOf(error) };
  }
}

function outputOf(job: Job): Uint8Array {
  const name = CODEC_NAMES[job.codec];
  if (name === undefined) throw new DecodeError(`there is no codec ${job.codec}`);
  return job.kind === "compress"
    ? compress(name, job.bytes, job.level ?? undefined)
    : decompress(name, job.bytes, { maxOutputLength: job.outputMax });
}

/** Moves the result where it owns all of its memory, and it can move; else a copy of it. */
function post(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) {
    try {
      parentPort?.postMessage({ kind: "done", bytes }, [buffer]);
      return;
    } catch {
      // Memory that a native library owns stays where it is.
    }
  }
  const copy = Uint8Array.from(bytes);
  parentPort?.postMessage({ kind: "done", bytes: copy }, [copy.buffer]);
}

parentPort?.on("message", (job: Job) => {
  const outcome = run(job);
  if (outcome.kind === "done") post(outcome.bytes);
  else parentPort?.postMessage(outcome);
});
