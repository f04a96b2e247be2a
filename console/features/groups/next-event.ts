/** The event that a group reads next: committed offsets may point at none. */
import { api } from "../../lib/api.ts";

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * The offset of the first event at or behind a position; null where there is none yet. Compaction
 * leaves offsets without an event, and so do the ends of transactions.
 */
export async function findNextEvent(
  { topic, partition, offset }: Position,
  signal: AbortSignal,
): Promise<number | null> {
  const query = {
    partitions: String(partition),
    from: `offset:${offset}`,
    order: "oldest" as const,
    limit: 1,
    fieldLength: 1,
  };
  const stream = api.readEvents({ params: { topic }, query }, { signal });
  for await (const message of stream) {
    if (message.event === "event") return message.data.offset;
    if (message.event !== "done") continue;
    const { reason, failure, coverage } = message.data;
    const problem = failure ?? coverage?.missing[0]?.error ?? null;
    if (problem !== null) throw new Error(problem);
    if (reason === "end") return null;
    throw new Error("the search came to its limit before it found an event");
  }
  throw new Error("the answer ended too early");
}
