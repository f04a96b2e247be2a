import type { Client } from "@runnel/contracts/client.ts";
import type { DecodedRecord, DecoderChoice } from "@runnel/contracts/decoded.ts";
import type { Place } from "./events-state.ts";

/** What an event shows at once; the rest of a larger field is asked for. */
const FIRST_LENGTH = 512 * 1_024;
const WHOLE_LENGTH = 16 * 1_024 * 1_024;

export interface RecordParams extends Place {
  readonly topic: string;
  readonly keyDecoder: DecoderChoice;
  readonly valueDecoder: DecoderChoice;
  readonly isWhole: boolean;
}

/** One event with its bytes; null where there is none at that offset. */
export async function readRecord(
  client: Client,
  { topic, partition, offset, keyDecoder, valueDecoder, isWhole }: RecordParams,
  signal?: AbortSignal,
): Promise<DecodedRecord | null> {
  const query = {
    partitions: String(partition),
    from: `offset:${offset}`,
    to: `offset:${offset + 1}`,
    order: "oldest" as const,
    limit: 1,
    control: true,
    raw: true,
    fieldLength: isWhole ? WHOLE_LENGTH : FIRST_LENGTH,
    keyDecoder,
    valueDecoder,
  };
  const stream = client.readEvents(
    { params: { topic }, query },
    signal === undefined ? {} : { signal },
  );
  for await (const message of stream) {
    if (message.event === "event") return message.data;
    if (message.event === "done" && message.data.failure !== null)
      throw new Error(message.data.failure);
  }
  return null;
}
