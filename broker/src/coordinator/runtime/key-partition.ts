/** Which partition of an internal topic, so which shard, a group or transactional id belongs to. */

/** As Kafka: the absolute value of Java's `String.hashCode`, 0 for its smallest, modulo `count`. */
export function partitionOfKey(key: string, count: number): number {
  let hash = 0;
  for (let i = 0; i < key.length; i += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % count;
}
