/** A group as administrators see it. */
import type { ClassicGroupDescription, GroupListing } from "./events.ts";
import { type Group, metadataOf, NO_BYTES, protocolTypeOf, stateOf } from "./model.ts";

/** Metadata and assignments are shown of a stable group alone: elsewhere they do not belong together. */
export function describeClassicGroup(group: Group): ClassicGroupDescription {
  const isStable = group.state === "Stable";
  return {
    type: "classic",
    groupId: group.groupId,
    state: group.state,
    generationId: group.generationId,
    protocolType: group.protocolType ?? "",
    protocolName: isStable ? (group.protocolName ?? "") : "",
    leaderId: group.leaderId,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? metadataOf(member, group.protocolName) : NO_BYTES,
      assignment: isStable ? member.assignment : NO_BYTES,
    })),
  };
}

export function listGroup(group: Group): GroupListing {
  return {
    groupId: group.groupId,
    protocolType: protocolTypeOf(group) ?? "",
    state: stateOf(group),
    type: group.consumer === null ? "classic" : "consumer",
  };
}
