import { z } from "zod";
import { Offset, PartitionIndex, Payload, Timestamp } from "./common.ts";
import { RecordHeader } from "./records.ts";

/** A record in a file. With a topic and a place it tells where it came from; producing needs neither. */
export const FileRecord = z
  .strictObject({
    topic: z.string(),
    partition: PartitionIndex,
    offset: Offset,
    timestamp: Timestamp.nullable().meta({ description: "Null where the record has none." }),
    key: Payload.nullable(),
    value: Payload.nullable().meta({ description: "Null is a tombstone." }),
    headers: z.array(RecordHeader),
  })
  .meta({ id: "FileRecord" });
export type FileRecord = z.infer<typeof FileRecord>;
