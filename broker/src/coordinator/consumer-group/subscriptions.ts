/** What the members of a group subscribe to, as topics that are there. */
import { crc32c } from "@runnel/kit/crc32c.ts";
import type { TopicInfo, TopicLookup } from "../ports.ts";
import type { AssignorMember } from "./assignors/assignor.ts";
import type { ConsumerGroup, MemberProfile } from "./model.ts";
import { NO_PARTITIONS } from "./partitions.ts";

/** Who is in a group, as it will be once the records of a step are committed. */
export interface Roster {
  readonly profiles: ReadonlyMap<string, MemberProfile>;
  /** Topics by regular expression. */
  readonly patterns: ReadonlyMap<string, readonly string[]>;
}

/** The group's members without those that go, with the one that comes or changes. */
export function rosterOf(
  group: ConsumerGroup,
  changes: {
    readonly gone?: ReadonlySet<string>;
    readonly put?: { readonly memberId: string; readonly profile: MemberProfile };
  } = {},
): ReadonlyMap<string, MemberProfile> {
  const { gone, put } = changes;
  const profiles = new Map<string, MemberProfile>();
  for (const { memberId, profile } of group.members.values()) {
    if (gone?.has(memberId) !== true) profiles.set(memberId, profile);
  }
  if (put !== undefined) profiles.set(put.memberId, put.profile);
  return profiles;
}

/** All topics that somebody subscribes to, by name, and are there. */
export function subscribedTopicsOf(
  { profiles, patterns }: Roster,
  topics: TopicLookup,
): ReadonlyMap<string, TopicInfo> {
  const found = new Map<string, TopicInfo>();
  const seen = new Set<readonly string[]>();
  const addAll = (names: readonly string[] | undefined): void => {
    if (names === undefined || seen.has(names)) return;
    seen.add(names);
    for (const name of names) {
      const topic = found.has(name) ? undefined : topics.byName(name);
      if (topic !== undefined) found.set(name, topic);
    }
  };
  for (const { topicNames, topicRegex } of profiles.values()) {
    addAll(topicNames);
    if (topicRegex !== null) addAll(patterns.get(topicRegex));
  }
  return found;
}

/** Changes with the topics and their numbers of partitions; 0 for no topics. Signed, 64 bits. */
export function metadataHashOf(topics: ReadonlyMap<string, TopicInfo>): bigint {
  if (topics.size === 0) return 0n;
  const lines = Array.from(topics.values(), ({ name, topicId, partitionCount }) =>
    [name, topicId, partitionCount].join(" "),
  ).sort();
  const low = crc32c(utf8.encode(lines.join("\n")));
  const high = crc32c(utf8.encode(lines.reverse().join("\n")));
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low) | 1n);
}

const utf8 = new TextEncoder();

/** Members as an assignor takes them; those that subscribe to the same share the list of topics. */
export function assignorMembersOf(
  group: ConsumerGroup,
  { profiles, patterns }: Roster,
  topics: ReadonlyMap<string, TopicInfo>,
): readonly AssignorMember[] {
  const lists = new Map<readonly string[], Map<string | null, readonly string[]>>();
  const topicIdsOf = ({ topicNames, topicRegex }: MemberProfile): readonly string[] => {
    let byPattern = lists.get(topicNames);
    if (byPattern === undefined) lists.set(topicNames, (byPattern = new Map()));
    const known = byPattern.get(topicRegex);
    if (known !== undefined) return known;
    const names = new Set([...topicNames, ...(patterns.get(topicRegex ?? "") ?? [])]);
    const ids = [...names].flatMap((name) => topics.get(name)?.topicId ?? []).sort();
    const list = shared(ids);
    byPattern.set(topicRegex, list);
    return list;
  };
  // Equal lists under different subscriptions are the same one, too: an assignor asks no more.
  const byText = new Map<string, readonly string[]>();
  const shared = (ids: readonly string[]): readonly string[] => {
    const text = ids.join();
    const known = byText.get(text);
    if (known === undefined) byText.set(text, ids);
    return known ?? ids;
  };
  return Array.from(profiles, ([memberId, profile]) => ({
    memberId,
    groupInstanceId: profile.groupInstanceId,
    topicIds: topicIdsOf(profile),
    current: group.targets.get(memberId) ?? NO_PARTITIONS,
  }));
}

/** The assignor that most members name, the first of the setting where none does; equals go by name. */
export function preferredAssignor(
  profiles: ReadonlyMap<string, MemberProfile>,
  configured: readonly string[],
): string {
  const votes = new Map<string, number>();
  for (const { serverAssignor } of profiles.values()) {
    if (serverAssignor === null || !configured.includes(serverAssignor)) continue;
    votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  }
  const [first] = [...votes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return first?.[0] ?? configured[0] ?? "uniform";
}
