/** CRC-32C (Castagnoli), the checksum of record batches. */
import { crc32c as native } from "@node-rs/crc32";

/** The checksum of `bytes`, 0 … 2^32−1; `previous` continues one from an earlier part. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return native(bytes as Buffer, previous) >>> 0;
}
