/**
 * How far all groups are behind, in events: one pass over what they committed, held against the ends of
 * the logs, and kept for a moment, so that lists, charts and metrics may all ask.
 */
import type { Clock } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { GroupType } from "./group/events.ts";
import {
  type Group,
  type GroupState,
  memberCountOf,
  protocolTypeOf,
  stateOf,
} from "./group/model.ts";
import { isOfFormerTopic } from "./group/records.ts";
import type { GroupCoordinator } from "./group-coordinator.ts";
import type { TopicLookup } from "./ports.ts";

/** A table that is younger than this is given again. */
export const LAG_AGE_MS_MAX = 1_000;

export interface GroupLag {
  readonly groupId: string;
  readonly state: GroupState;
  readonly type: GroupType;
  /** Empty for a group that only stores offsets. */
  readonly protocolType: string;
  readonly memberCount: number;
  /** Topics and partitions with a committed offset. */
  readonly topicCount: number;
  readonly offsetCount: number;
  /** Events between the committed offsets and the ends, over all partitions. */
  readonly lag: number;
  /** About the wall ms of the oldest event that was not committed; null where there is none. */
  readonly oldestAt: number | null;
}

export interface TopicLag {
  readonly groupCount: number;
  /** Of the group that is furthest behind in it. */
  readonly maxLag: number;
}

export interface Lags {
  /** Wall ms of the pass. */
  readonly takenAt: number;
  readonly groups: readonly GroupLag[];
  /** By name; topics that no group has committed offsets of are not in it. */
  readonly topics: ReadonlyMap<string, TopicLag>;
}

export interface LagTableOptions {
  readonly groups: Pick<GroupCoordinator, "visit">;
  readonly topics: TopicLookup;
  /** Where the readable part of a partition ends; null where that is not known here. */
  readonly endOf: (topicId: string, partition: number) => number | null;
  /** About when the event at an offset happened, without reading it; null where nobody knows. */
  readonly timeOf: (topicId: string, partition: number, offset: number) => number | null;
  readonly clock: Clock;
}

/** What became of asking: the table, or why the coordinator cannot say. */
export type LagsResult =
  | { readonly errorCode: typeof ErrorCode.NONE; readonly lags: Lags }
  | { readonly errorCode: ErrorCode; readonly lags: null };

export class LagTable {
  readonly #options: LagTableOptions;
  #last: { readonly at: number; readonly lags: Lags } | null = null;
  #running: Promise<LagsResult> | null = null;

  constructor(options: LagTableOptions) {
    this.#options = options;
  }

  /** The table that was made last, however old; null before the first. */
  get latest(): Lags | null {
    return this.#last?.lags ?? null;
  }

  /** The table, at most `LAG_AGE_MS_MAX` old. One pass runs at a time; who asks meanwhile shares it. */
  current(): Promise<LagsResult> {
    const now = this.#options.clock.monotonicMs();
    if (this.#last !== null && now - this.#last.at < LAG_AGE_MS_MAX) {
      return Promise.resolve({ errorCode: ErrorCode.NONE, lags: this.#last.lags });
    }
    this.#running ??= this.#take(now).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #take(now: number): Promise<LagsResult> {
    const groups: GroupLag[] = [];
    const topics = new Map<string, TopicLag>();
    const errorCode = await this.#options.groups.visit((group) => {
      groups.push(this.#measure(group, topics));
    });
    if (errorCode !== ErrorCode.NONE) return { errorCode, lags: null };
    const lags = { takenAt: this.#options.clock.nowMs(), groups, topics };
    this.#last = { at: now, lags };
    return { errorCode: ErrorCode.NONE, lags };
  }

  #measure(group: Group, topics: Map<string, TopicLag>): GroupLag {
    let [topicCount, offsetCount, total] = [0, 0, 0];
    let oldestAt: number | null = null;
    for (const [name, partitions] of group.offsets) {
      const topicId = this.#options.topics.byName(name)?.topicId;
      if (topicId === undefined) continue;
      let [count, lag] = [0, 0];
      for (const [partition, value] of partitions) {
        if (isOfFormerTopic(value, topicId)) continue;
        count += 1;
        const behind = lagOf(value.offset, this.#options.endOf(topicId, partition)) ?? 0;
        lag += behind;
        if (behind > 0) {
          const at = this.#options.timeOf(topicId, partition, value.offset);
          oldestAt = earlier(oldestAt, at);
        }
      }
      if (count === 0) continue;
      topicCount += 1;
      offsetCount += count;
      total += lag;
      const known = topics.get(name) ?? { groupCount: 0, maxLag: 0 };
      const maxLag = Math.max(known.maxLag, lag);
      topics.set(name, { groupCount: known.groupCount + 1, maxLag });
    }
    const what = {
      groupId: group.groupId,
      state: stateOf(group),
      type: group.consumer === null ? ("classic" as const) : ("consumer" as const),
      protocolType: protocolTypeOf(group) ?? "",
      memberCount: memberCountOf(group),
    };
    return { ...what, topicCount, offsetCount, lag: total, oldestAt };
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** Events between a committed offset and the end; null where the end is not known. */
export function lagOf(committedOffset: number, end: number | null): number | null {
  return end === null ? null : Math.max(0, end - committedOffset);
}
