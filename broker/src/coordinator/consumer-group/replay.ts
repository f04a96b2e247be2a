/** How committed records become a consumer group: the same way when just written and at a load. */
import { unreachable } from "@runnel/kit/assert.ts";
import type { Usage } from "../limits.ts";
import {
  type ConsumerGroup,
  type ConsumerMember,
  type MemberProfile,
  type MemberProgress,
  NO_PROFILE,
  NO_PROGRESS,
  profileBytes,
} from "./model.ts";
import { countPartitions, NO_PARTITIONS, type Owned, type Partitions } from "./partitions.ts";
import type { ConsumerGroupRecord } from "./records.ts";

/** What members of all groups of a broker are counted in (`limits.ts`). */
export type MemberUsage = Pick<Usage, "members" | "memberBytes" | "targets">;

/**
 * Applies one record of a member, a target or a pattern; the group's own record is the caller's. A
 * compacted log may tell of a member's progress before what it asks for: then it is there with nothing.
 */
export function replayIntoGroup(
  group: ConsumerGroup,
  record: Exclude<ConsumerGroupRecord, { readonly kind: "consumer-group" }>,
  usage: MemberUsage,
): void {
  switch (record.kind) {
    case "consumer-member":
      if (record.value === null) removeMember(group, record.memberId, usage);
      else setProfile(group, memberOf(group, record.memberId, usage), record.value, usage);
      return;
    case "consumer-progress":
      replayProgress(group, record.memberId, record.value, usage);
      return;
    case "consumer-target":
      setTarget(group, record.memberId, record.value, usage);
      return;
    case "consumer-target-epoch":
      group.assignmentEpoch = record.value?.epoch ?? 0;
      return;
    case "consumer-pattern":
      if (record.value === null) group.patterns.delete(record.pattern);
      else group.patterns.set(record.pattern, record.value);
      return;
    default:
      unreachable(record);
  }
}

/** Gives back what the group counted against broker-wide caps. */
export function releaseUsage(group: ConsumerGroup, usage: MemberUsage): void {
  for (const { profile } of group.members.values()) {
    usage.members -= 1;
    usage.memberBytes -= profileBytes(profile);
  }
  for (const target of group.targets.values()) usage.targets -= countPartitions(target);
}

function setTarget(
  group: ConsumerGroup,
  memberId: string,
  target: Partitions | null,
  usage: MemberUsage,
): void {
  usage.targets -= countPartitions(group.targets.get(memberId) ?? NO_PARTITIONS);
  usage.targets += countPartitions(target ?? NO_PARTITIONS);
  if (target === null) group.targets.delete(memberId);
  else group.targets.set(memberId, target);
}

function memberOf(group: ConsumerGroup, memberId: string, usage: MemberUsage): ConsumerMember {
  const known = group.members.get(memberId);
  if (known !== undefined) return known;
  const member = { memberId, profile: NO_PROFILE, progress: NO_PROGRESS };
  group.members.set(memberId, member);
  usage.members += 1;
  return member;
}

function setProfile(
  group: ConsumerGroup,
  member: ConsumerMember,
  profile: MemberProfile,
  usage: MemberUsage,
): void {
  const { groupInstanceId } = profile;
  dropProfile(group, member, usage);
  member.profile = { ...profile, topicNames: shareNames(group, profile.topicNames) };
  if (groupInstanceId !== null) group.staticMembers.set(groupInstanceId, member.memberId);
  if (profile.classic !== null) group.classicCount += 1;
  usage.memberBytes += profileBytes(profile);
}

/** Takes back what `setProfile` did for what the member asked for before. */
function dropProfile(group: ConsumerGroup, member: ConsumerMember, usage: MemberUsage): void {
  const { profile, memberId } = member;
  const { groupInstanceId } = profile;
  if (groupInstanceId !== null && group.staticMembers.get(groupInstanceId) === memberId) {
    group.staticMembers.delete(groupInstanceId);
  }
  if (profile.classic !== null) group.classicCount -= 1;
  if (profile !== NO_PROFILE) releaseNames(group, profile.topicNames);
  usage.memberBytes -= profileBytes(profile);
}

function removeMember(group: ConsumerGroup, memberId: string, usage: MemberUsage): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  dropProfile(group, member, usage);
  setProgress(group, member, NO_PROGRESS);
  group.members.delete(memberId);
  setTarget(group, memberId, null, usage);
  usage.members -= 1;
}

function replayProgress(
  group: ConsumerGroup,
  memberId: string,
  value: MemberProgress | null,
  usage: MemberUsage,
): void {
  if (value !== null) setProgress(group, memberOf(group, memberId, usage), value);
  else {
    const known = group.members.get(memberId);
    if (known !== undefined) setProgress(group, known, NO_PROGRESS);
  }
}

function setProgress(group: ConsumerGroup, member: ConsumerMember, next: MemberProgress): void {
  const { memberId, progress } = member;
  disown(group, memberId, progress.assigned);
  disown(group, memberId, progress.pendingRevocation);
  own(group, memberId, next.assigned);
  own(group, memberId, next.pendingRevocation);
  member.progress = next;
}

function own(group: ConsumerGroup, memberId: string, owned: Owned): void {
  for (const [topicId, epochs] of owned) {
    let owners = group.owners.get(topicId);
    if (owners === undefined) group.owners.set(topicId, (owners = new Map()));
    for (const partition of epochs.keys()) owners.set(partition, memberId);
  }
}

function disown(group: ConsumerGroup, memberId: string, owned: Owned): void {
  for (const [topicId, epochs] of owned) {
    const owners = group.owners.get(topicId);
    if (owners === undefined) continue;
    for (const partition of epochs.keys()) {
      if (owners.get(partition) === memberId) owners.delete(partition);
    }
    if (owners.size === 0) group.owners.delete(topicId);
  }
}

/** The one array for all members that ask for these names: there may be a thousand of them. */
function shareNames(group: ConsumerGroup, names: readonly string[]): readonly string[] {
  const text = textOf(names);
  const known = group.topicLists.get(text);
  if (known !== undefined) {
    known.uses += 1;
    return known.names;
  }
  group.topicLists.set(text, { names, uses: 1 });
  return names;
}

function releaseNames(group: ConsumerGroup, names: readonly string[]): void {
  const text = textOf(names);
  const known = group.topicLists.get(text);
  if (known === undefined) return;
  known.uses -= 1;
  if (known.uses === 0) group.topicLists.delete(text);
}

/** Names hold no NUL: what does is no topic's name, and the two lists differ all the same. */
const textOf = (names: readonly string[]): string => names.join("\0");
