/** What time does to members of the consumer protocol: sessions that end, partitions not given up. */
import type { Turn } from "../group/events.ts";
import type { Group } from "../group/model.ts";
import type { GroupConfig } from "../ports.ts";
import { fenceMembers } from "./leave.ts";
import { AWAY_EPOCH, MemberState } from "./model.ts";

/** Takes out who was silent for its session, or did not do in time what it was asked for. */
export function passConsumerDeadlines(group: Group, turn: Turn): void {
  const { consumer, sessions } = group;
  if (consumer === null) return;
  const gone: string[] = [];
  for (const [memberId, { deadlineMs, actByMs }] of sessions) {
    const isOver = deadlineMs <= turn.nowMs || (actByMs !== null && actByMs <= turn.nowMs);
    if (isOver && consumer.members.has(memberId)) gone.push(memberId);
  }
  if (gone.length > 0) fenceMembers(group, consumer, gone, turn);
}

/** Gives everybody full time again: after a load, or after the broker stood still. */
export function restartConsumerDeadlines(
  { groupId, consumer, sessions }: Group,
  config: GroupConfig,
  nowMs: number,
): void {
  sessions.clear();
  if (consumer === null) return;
  const { sessionTimeoutMs } = config.consumer.timingsOf(groupId);
  for (const { memberId, profile, progress } of consumer.members.values()) {
    const mustRevoke =
      progress.state === MemberState.UNREVOKED && progress.memberEpoch !== AWAY_EPOCH;
    sessions.set(memberId, {
      deadlineMs: nowMs + (profile.classic?.sessionTimeoutMs ?? sessionTimeoutMs),
      actByMs: mustRevoke ? nowMs + Math.max(profile.rebalanceTimeoutMs, 0) : null,
    });
  }
}

/** The earliest moment at which a member's time is over; Infinity for never. */
export function nextConsumerDeadlineMs({ sessions }: Group): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { deadlineMs, actByMs } of sessions.values()) {
    next = Math.min(next, deadlineMs, actByMs ?? Number.POSITIVE_INFINITY);
  }
  return next;
}
