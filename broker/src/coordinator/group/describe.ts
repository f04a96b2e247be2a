/** A group as administrators see it. */
import type { GroupDescription, GroupListing } from "./events.ts";
import { type Group, metadataOf, NO_BYTES } from "./model.ts";

/** Metadata and assignments are shown of a stable group alone: elsewhere they do not belong together. */
export function describeGroup(group: Group): GroupDescription {
  const isStable = group.state === "Stable";
  return {
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
    protocolType: group.protocolType ?? "",
    state: group.state,
    type: "classic",
  };
}
