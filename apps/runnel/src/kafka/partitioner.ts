/** Which partition a record goes to: Kafka's own choice, so that all clients agree on keys. */
import { murmur2 } from "@platformatic/kafka";

/** Java's `toPositive(murmur2(key)) % count`. */
export function partitionOfKey(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7f_ff_ff_ff) % partitionCount;
}
