/**
 * Which topics a group of consumers is subscribed to: read from its members' opaque metadata, for
 * OffsetDelete and expiry alone. Metadata that cannot be read makes the group's topics unknown, and then
 * it counts as subscribed to all.
 */
import { DecodeError } from "@runnel/kit/errors.ts";
import { decodeSubscription } from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { isConsumerSubscribed } from "../consumer-group/describe.ts";
import { type Group, metadataOf } from "./model.ts";

/** Null where they are not known. */
export function subscribedTopics(group: Group): ReadonlySet<string> | null {
  if (group.protocolType !== "consumer" || group.consumer !== null) return null;
  const topics = new Set<string>();
  for (const member of group.members.values()) {
    try {
      for (const topic of decodeSubscription(metadataOf(member, group.protocolName)).topics) {
        topics.add(topic);
      }
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  }
  return topics;
}

/** `topics` as `subscribedTopics` gives them. */
export function isSubscribed(
  group: Group,
  topics: ReadonlySet<string> | null,
  topic: string,
): boolean {
  if (group.consumer !== null) return isConsumerSubscribed(group.consumer, topic);
  return topics === null ? group.protocolType === "consumer" : topics.has(topic);
}
