/** What time does to a group: sessions that end, phases that are over, ids that were never used. */
import {
  nextConsumerDeadlineMs,
  passConsumerDeadlines,
  restartConsumerDeadlines,
} from "../consumer-group/deadlines.ts";
import { canDowngrade, downgrade } from "../consumer-group/migrate.ts";
import type { Turn } from "./events.ts";
import { dropPendingMember, type Group, type Member, renewSession, wakeBy } from "./model.ts";
import { endJoinPhase, endJoinPhaseIfComplete, rebalance, removeMembers } from "./rebalance.ts";

/**
 * Looks at every deadline. A tick that comes late says that the broker itself stood still (a paused
 * process, a sleeping laptop): nobody could reach it meanwhile, so all deadlines start anew.
 */
export function stepTick(group: Group, isLate: boolean, turn: Turn): void {
  if (isLate) restartDeadlines(group, turn);
  else {
    group.wakeMs = Number.POSITIVE_INFINITY;
    passDeadlines(group, turn);
    passConsumerDeadlines(group, turn);
    migrate(group, turn);
  }
  wakeBy(group, nextDeadlineMs(group, turn));
}

/** Gives everybody full time again: after a load, or after the broker stood still. */
export function restartDeadlines(
  group: Group,
  { config, nowMs }: Pick<Turn, "config" | "nowMs">,
): void {
  restartConsumerDeadlines(group, config, nowMs);
  let rebalanceMs = 0;
  for (const member of group.members.values()) {
    rebalanceMs = Math.max(rebalanceMs, member.rebalanceTimeoutMs);
    if (!member.isNew) renewSession(group, member, nowMs);
    else member.deadlineMs = Math.max(member.deadlineMs, nowMs + member.sessionTimeoutMs);
  }
  for (const [memberId, deadlineMs] of group.pendingMembers) {
    group.pendingMembers.set(memberId, Math.max(deadlineMs, nowMs + PENDING_GRACE_MS));
  }
  if (group.initialDelay !== null) group.initialDelay.untilMs = nowMs + group.initialDelay.delayMs;
  if (group.rebalanceDeadlineMs !== null) group.rebalanceDeadlineMs = nowMs + rebalanceMs;
  if (group.syncDeadlineMs !== null) group.syncDeadlineMs = nowMs + rebalanceMs;
  group.wakeMs = nextDeadlineMs(group, { config, nowMs });
}

/** After a pause, how long a client still has to come back with the id it was given. */
const PENDING_GRACE_MS = 10_000;

/**
 * A group whose last member of the consumer protocol went becomes a classic one; and one that became so
 * rebalances, as soon as that is committed.
 */
function migrate(group: Group, turn: Turn): void {
  if (turn.records.length > 0) return;
  if (canDowngrade(group, turn.config)) downgrade(group, turn);
  else if (isWithoutLeader(group)) {
    for (const member of group.members.values()) renewSession(group, member, turn.nowMs);
    rebalance(group, turn);
  }
}

/** Only `downgrade` makes such a group. */
function isWithoutLeader({ members, leaderId, state }: Group): boolean {
  return state === "Stable" && members.size > 0 && leaderId === null;
}

/** A member that waits in JoinGroup or SyncGroup is alive, unless nobody knows it yet. */
function isExpired(member: Member, nowMs: number): boolean {
  const isWaiting = member.parkedJoin !== null || member.parkedSync !== null;
  return member.deadlineMs <= nowMs && (member.isNew || !isWaiting);
}

function passDeadlines(group: Group, turn: Turn): void {
  const { nowMs } = turn;
  const gone = new Set<Member>();
  for (const member of group.members.values()) if (isExpired(member, nowMs)) gone.add(member);
  if (isDue(group.syncDeadlineMs, nowMs)) {
    group.syncDeadlineMs = null;
    for (const memberId of group.pendingSync) {
      const member = group.members.get(memberId);
      if (member !== undefined) gone.add(member);
    }
  }
  let isPendingGone = false;
  for (const [memberId, deadlineMs] of group.pendingMembers) {
    if (deadlineMs <= nowMs) isPendingGone = dropPendingMember(group, memberId);
  }
  removeMembers(group, [...gone], turn);
  if (group.initialDelay !== null) passInitialDelay(group, turn);
  else if (isDue(group.rebalanceDeadlineMs, nowMs)) endJoinPhase(group, turn);
  else if (gone.size > 0) rebalance(group, turn);
  else if (isPendingGone && group.state === "PreparingRebalance") {
    endJoinPhaseIfComplete(group, turn);
  }
}

/** Waits on while members arrive; the last word is the rebalance timeout's. */
function passInitialDelay(group: Group, turn: Turn): void {
  const delay = group.initialDelay;
  if (delay === null || !isDue(delay.untilMs, turn.nowMs)) return;
  if (!delay.hasNewMember || delay.remainingMs === 0) {
    endJoinPhase(group, turn);
    return;
  }
  const delayMs = Math.min(turn.config.initialRebalanceDelayMs, delay.remainingMs);
  group.initialDelay = {
    untilMs: turn.nowMs + delayMs,
    remainingMs: Math.max(delay.remainingMs - delay.delayMs, 0),
    delayMs,
    hasNewMember: false,
  };
}

const isDue = (deadlineMs: number | null, nowMs: number): boolean =>
  deadlineMs !== null && deadlineMs <= nowMs;

/** The earliest moment at which a tick could change something; Infinity for never. */
function nextDeadlineMs(group: Group, { config, nowMs }: Pick<Turn, "config" | "nowMs">): number {
  if (isWithoutLeader(group) || canDowngrade(group, config)) return nowMs;
  let next = Math.min(
    group.initialDelay?.untilMs ?? Number.POSITIVE_INFINITY,
    group.rebalanceDeadlineMs ?? Number.POSITIVE_INFINITY,
    group.syncDeadlineMs ?? Number.POSITIVE_INFINITY,
    nextConsumerDeadlineMs(group),
  );
  for (const deadlineMs of group.pendingMembers.values()) next = Math.min(next, deadlineMs);
  for (const member of group.members.values()) {
    const isWaiting = member.parkedJoin !== null || member.parkedSync !== null;
    if (member.isNew || !isWaiting) next = Math.min(next, member.deadlineMs);
  }
  return next;
}
