/** Offsets of topics that are gone, and whose names other topics bear now. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { FetchOffsetsResult, PartitionOffset } from "./group/events.ts";
import { isOfFormerTopic } from "./group/records.ts";
import type { TopicLookup } from "./ports.ts";

/** `found` with such offsets as not there; `isForAll`: what is not there is not named. */
export function withoutFormerTopics(
  found: FetchOffsetsResult,
  lookup: TopicLookup,
  isForAll: boolean,
): FetchOffsetsResult {
  const topics = found.topics.map(({ topic, partitions }) => {
    const topicId = lookup.byName(topic)?.topicId;
    const current = partitions.map((entry) => {
      const { value } = entry;
      const isFormer = topicId !== undefined && value !== null && isOfFormerTopic(value, topicId);
      return { ...entry, value: isFormer ? null : value };
    });
    const isThere = ({ value, errorCode }: PartitionOffset): boolean =>
      value !== null || errorCode !== ErrorCode.NONE;
    return { topic, partitions: isForAll ? current.filter(isThere) : current };
  });
  return { ...found, topics: topics.filter((entry) => !isForAll || entry.partitions.length > 0) };
}
