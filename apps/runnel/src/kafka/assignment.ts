/**
 * What the leader of a classic consumer group gave to a member.
 *
 * version int16 · [topic string · [partition int32]] · user data bytes (ConsumerProtocolAssignment)
 */
import { Buffer } from "node:buffer";

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Empty for bytes that do not follow the format: clients may store what they like. */
export function decodeAssignment(bytes: Uint8Array): readonly TopicPartitions[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: TopicPartitions[] = [];
  let at = 2;
  try {
    const topicCount = buffer.readInt32BE(at);
    at += 4;
    for (let index = 0; index < topicCount; index += 1) {
      const length = buffer.readInt16BE(at);
      at += 2;
      if (length < 0 || at + length > buffer.length) return [];
      const topic = buffer.toString("utf8", at, at + length);
      at += length;
      const count = buffer.readInt32BE(at);
      at += 4;
      const partitions: number[] = [];
      for (let each = 0; each < count; each += 1, at += 4) partitions.push(buffer.readInt32BE(at));
      found.push({ topic, partitions });
    }
  } catch {
    return [];
  }
  return found;
}
