/**
 * The codec in which a topic keeps its batches: `compression.type` where it names another than the
 * producer's. The batch is built again around the same records; who sent it, in which order, at what
 * time and in which transaction all stays, as its records do byte for byte.
 */

import { setInt32 } from "@runnel/kit/byte-writer.ts";
import { expansionMax } from "@runnel/protocol/compression/limits.ts";
import {
  ATTRIBUTES_AT,
  BATCH_HEADER_SIZE,
  BATCH_LENGTH_AT,
  BATCH_PREFIX_SIZE,
  CODEC_BITS,
  CODEC_NAMES,
  type CodecName,
  codecOf,
  updateCrc,
} from "@runnel/protocol/records/batch.ts";
import type { Workers } from "#io/ports.ts";

/** The settings of a topic that say how batches are kept. */
export interface CompressionConfig {
  readonly compressionType: "producer" | "uncompressed" | Exclude<CodecName, "none">;
  readonly compressionGzipLevel: number;
  readonly compressionZstdLevel: number;
}

/** How a batch is to be kept. */
export interface Packing {
  /** Kafka's number. */
  readonly codec: number;
  /** Null for the codec's own. */
  readonly level: number | null;
}

/** How the topic keeps a batch of these `attributes`; null for as it was sent. */
export function packingOf(config: CompressionConfig, attributes: number): Packing | null {
  const { compressionType } = config;
  if (compressionType === "producer") return null;
  const name = compressionType === "uncompressed" ? "none" : compressionType;
  const codec = CODEC_NAMES.indexOf(name);
  if (codec === codecOf(attributes)) return null;
  if (name === "gzip") return { codec, level: config.compressionGzipLevel };
  if (name === "zstd") return { codec, level: config.compressionZstdLevel };
  return { codec, level: null };
}

/**
 * `batch` with its `records`, which are not compressed, packed as asked. The same batch where they would
 * shrink so far that whoever looks inside takes it for a bomb.
 */
export async function repack(
  workers: Pick<Workers, "compress">,
  batch: Uint8Array,
  records: Uint8Array,
  { codec, level }: Packing,
): Promise<Uint8Array> {
  const packed = codec === 0 ? records : await workers.compress(codec, records, level);
  if (records.length > expansionMax(packed.length)) return batch;
  const whole = new Uint8Array(BATCH_HEADER_SIZE + packed.length);
  whole.set(batch.subarray(0, BATCH_HEADER_SIZE));
  whole.set(packed, BATCH_HEADER_SIZE);
  setInt32(whole, BATCH_LENGTH_AT, whole.length - BATCH_PREFIX_SIZE);
  const low = ATTRIBUTES_AT + 1;
  whole[low] = ((whole[low] as number) & ~CODEC_BITS) | codec;
  updateCrc(whole, 0);
  return whole;
}
