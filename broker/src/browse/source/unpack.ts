/** The records of a batch in memory, bounded whatever they were packed with. */
import { DecodeError } from "@runnel/kit/errors.ts";
import { decompress } from "@runnel/protocol/compression/codecs.ts";
import { OutputTooLargeError } from "@runnel/protocol/compression/output-buffer.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  type CodecName,
  codecNameOf,
} from "@runnel/protocol/records/batch.ts";
import { PACKED_BYTES_MAX, UNPACKED_BYTES_MAX, UNPACKED_BYTES_USUAL } from "../limits.ts";

/**
 * The records of the batch at `at`, whose checksum fits; why not, where they cannot be had. `makeRoom` is
 * called before much memory is taken.
 */
export function unpackBatch(
  bytes: Uint8Array,
  { at, header, makeRoom }: { at: number; header: BatchHeader; makeRoom: () => void },
): Uint8Array | "damaged" | "tooLarge" {
  const codec = codecNameOf(header.attributes);
  if (codec === undefined) return "damaged";
  const records = bytes.subarray(at + BATCH_HEADER_SIZE, at + header.sizeInBytes);
  if (codec === "none") return records;
  if (records.length > PACKED_BYTES_MAX) return "tooLarge";
  try {
    return unpack(codec, records, makeRoom);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error instanceof OutputTooLargeError ? "tooLarge" : "damaged";
  }
}

function unpack(codec: CodecName, records: Uint8Array, makeRoom: () => void): Uint8Array {
  try {
    return decompress(codec, records, { maxOutputLength: UNPACKED_BYTES_USUAL });
  } catch (error) {
    if (!(error instanceof OutputTooLargeError)) throw error;
  }
  makeRoom();
  return decompress(codec, records, { maxOutputLength: UNPACKED_BYTES_MAX });
}
