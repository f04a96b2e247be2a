/** What the arguments of scenario commands stand for. */
import { encodeAssignment } from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import type { TopicPartitions } from "../group/events.ts";

/** `t/0,u/1` as topics with partitions. */
export function topicsOf(text = ""): readonly TopicPartitions[] {
  return text.split(",").map((place) => {
    const [topic = "", partition = "0"] = place.split("/");
    return { topic, partitions: [Number(partition)] };
  });
}

/** `a:1,b:2` as pairs. */
export function pairs(text = ""): (readonly [string, string])[] {
  if (text === "") return [];
  return text.split(",").map((pair) => {
    const at = pair.indexOf(":");
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
}

export const assignmentBytes = (text: string): Uint8Array =>
  encodeAssignment({ assignedPartitions: ownedPlaces(text) }, 1);

/** `t:0+1` as the classic protocol has it. */
export function ownedPlaces(text = ""): { topic: string; partitions: number[] }[] {
  if (text === "") return [];
  const [topic = "", list = ""] = text.split(":");
  return [{ topic, partitions: list.split("+").map(Number) }];
}
