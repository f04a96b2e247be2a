/**
 * Control batches that end a producer's transaction in a partition: one record, by which consumers know
 * what became of the batches before it. Version 0 of both halves (KIP-98).
 *
 *   key   int16 version 0, int16 type: 0 ABORT, 1 COMMIT
 *   value int16 version 0, int32 epoch of the coordinator that wrote it
 */
import { setInt32 } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { type BatchHeader, isCompressed } from "./batch.ts";
import { buildBatch } from "./build.ts";
import { recordsOf } from "./iterate.ts";

const ABORT = 0;
const COMMIT = 1;
const KEY_SIZE = 4;
const VALUE_SIZE = 6;

export interface MarkerBatch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
  /** Wall ms. */
  readonly timestamp: number;
}

/** What the record of a control batch says. */
export interface MarkerRecord {
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
}

/** The bytes of a marker's batch, 78 of them, as for base offset 0. */
export function buildMarkerBatch(marker: MarkerBatch): Uint8Array {
  const { isCommit, coordinatorEpoch, timestamp, producerId, producerEpoch } = marker;
  const key = new Uint8Array(KEY_SIZE);
  key[3] = isCommit ? COMMIT : ABORT;
  const value = new Uint8Array(VALUE_SIZE);
  setInt32(value, 2, coordinatorEpoch);
  return buildBatch({
    records: [{ key, value, timestamp }],
    producerId,
    producerEpoch,
    isTransactional: true,
    isControl: true,
  });
}

/**
 * The marker in the batch at the beginning of `bytes`, whose header is `header`; null where it is another
 * kind of control record, or malformed.
 */
export function readMarker(bytes: Uint8Array, header: BatchHeader): MarkerRecord | null {
  if (isCompressed(header.attributes) || header.recordCount !== 1) return null;
  try {
    for (const { key, value } of recordsOf(bytes, { at: 0, header, maxOutputLength: 0 })) {
      return markerIn(key, value);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return null;
}

/** As `readMarker`, of the key and the value of a control record. */
export function markerIn(key: Uint8Array | null, value: Uint8Array | null): MarkerRecord | null {
  if (key === null || key.length < KEY_SIZE || value === null || value.length < VALUE_SIZE) {
    return null;
  }
  const type = ((key[2] as number) << 8) | (key[3] as number);
  if (type !== ABORT && type !== COMMIT) return null;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return { isCommit: type === COMMIT, coordinatorEpoch: view.getInt32(2) };
}
