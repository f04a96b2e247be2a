import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import {
  EVICTION_MS_MIN,
  type FetchSession,
  FetchSessions,
  type SessionRequest,
  type WantedPartition,
} from "./fetch-sessions.ts";

const wanted = (index: number, fetchOffset = 0): WantedPartition => ({
  topic: "t",
  index,
  fetchOffset,
  maxBytes: 100,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
});

const request = (changes: Partial<SessionRequest>): SessionRequest => ({
  sessionId: 0,
  sessionEpoch: 0,
  connectionId: 1,
  connection: { isGone: false },
  usesTopicIds: true,
  wanted: [],
  forgotten: [],
  ...changes,
});

const fresh = (slots = 10, partitionsMax = 1000) =>
  new FetchSessions(seededRandom(3), () => slots, partitionsMax);

function open(
  sessions: FetchSessions,
  connectionId = 1,
  count = 2,
  { nowMs = 0, connection = { isGone: false } } = {},
): FetchSession {
  const all = Array.from({ length: count }, (_, i) => wanted(i));
  const step = sessions.begin(request({ wanted: all, connectionId, connection }), nowMs);
  if (step.kind !== "full" || step.session === null) throw new Error("no session");
  return step.session;
}

test("KIP-227: epoch 0 opens a session, the next requests name only what changed", () => {
  const sessions = fresh();
  const session = open(sessions);
  expect(session.id).toBeGreaterThan(0);
  const id = { sessionId: session.id };
  const second = sessions.begin(request({ ...id, sessionEpoch: 1, wanted: [wanted(1, 50)] }), 0);
  expect(second).toMatchObject({ kind: "incremental", wanted: [wanted(0), wanted(1, 50)] });
  const third = sessions.begin(
    request({ ...id, sessionEpoch: 2, wanted: [wanted(7)], forgotten: [{ topic: "t", index: 0 }] }),
    0,
  );
  expect(third).toMatchObject({ wanted: [wanted(1, 50), wanted(7)] });
});

test("KIP-227: an epoch that is not the next one, another connection and another kind are refused", () => {
  const sessions = fresh();
  const { id } = open(sessions);
  const refusal = (changes: Partial<SessionRequest>) =>
    sessions.begin(request({ sessionId: id, sessionEpoch: 1, ...changes }), 0);
  const refused = (errorCode: ErrorCode) => ({ kind: "refused", errorCode });
  expect(refusal({ sessionEpoch: 2 })).toEqual(refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH));
  expect(refusal({ connectionId: 2 })).toEqual(refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND));
  expect(refusal({ sessionId: id + 1 })).toEqual(refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND));
  expect(refusal({ usesTopicIds: false })).toEqual(refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR));
  expect(refusal({}).kind).toBe("incremental");
});

test("epoch −1 closes; only its own connection can close a session", () => {
  const sessions = fresh();
  const { id } = open(sessions);
  const end = { sessionId: id, sessionEpoch: -1 };
  sessions.begin(request({ ...end, connectionId: 2 }), 0);
  expect(sessions.size).toBe(1);
  const step = sessions.begin(request({ ...end, wanted: [wanted(3)] }), 0);
  expect(step).toEqual({ kind: "full", session: null, wanted: [wanted(3)] });
  expect(sessions.size).toBe(0);
});

test("a session whose last partition is forgotten ends", () => {
  const sessions = fresh();
  const { id } = open(sessions, 1, 1);
  const forgotten = [{ topic: "t", index: 0 }];
  const step = sessions.begin(request({ sessionId: id, sessionEpoch: 1, forgotten }), 0);
  expect(step).toEqual({ kind: "full", session: null, wanted: [] });
  expect(sessions.size).toBe(0);
});

test("the session used least recently makes room, and none is made without slots", () => {
  const sessions = fresh(2);
  const first = open(sessions, 1);
  const second = open(sessions, 2);
  sessions.begin(request({ sessionId: first.id, sessionEpoch: 1 }), 1);
  open(sessions, 3, 2, { nowMs: EVICTION_MS_MIN });
  expect(sessions.size).toBe(2);
  const again = request({ sessionId: second.id, sessionEpoch: 1, connectionId: 2 });
  expect(sessions.begin(again, EVICTION_MS_MIN).kind).toBe("refused");
  expect(fresh(0).begin(request({ wanted: [wanted(0)] }), 0)).toMatchObject({ session: null });
});

test("sessions in use are kept: who finds no room is answered without one", () => {
  const sessions = fresh(2);
  const first = open(sessions, 1);
  open(sessions, 2);
  const late = request({ wanted: [wanted(0)], connectionId: 3 });
  expect(sessions.begin(late, EVICTION_MS_MIN - 1)).toMatchObject({ kind: "full", session: null });
  const next = sessions.begin(request({ sessionId: first.id, sessionEpoch: 1 }), EVICTION_MS_MIN);
  expect(next.kind).toBe("incremental");
});

test("sessions of connections that have gone make room at once", () => {
  const sessions = fresh(2);
  const connection = { isGone: false };
  open(sessions, 1, 2, { connection });
  open(sessions, 2);
  connection.isGone = true;
  expect(open(sessions, 3, 2, { nowMs: 5000 }).connectionId).toBe(3);
  expect(sessions.size).toBe(2);
});

test("a session cannot grow beyond what all may remember, and its partitions are free again", () => {
  const sessions = fresh(10, 5);
  const { id } = open(sessions, 1, 3);
  const grow = (sessionEpoch: number, from: number, count: number) => {
    const more = Array.from({ length: count }, (_, i) => wanted(from + i));
    return sessions.begin(request({ sessionId: id, sessionEpoch, wanted: more }), 0);
  };
  expect(grow(1, 1, 4).kind).toBe("incremental");
  expect(grow(2, 0, 5).kind).toBe("incremental");
  const refused = { kind: "refused", errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
  expect(grow(3, 5, 1)).toEqual(refused);
  expect(sessions.size).toBe(0);
  expect(open(sessions, 1, 5).partitions.size).toBe(5);
});

test("a session that grows takes the room of those that are not used any more", () => {
  const sessions = fresh(10, 5);
  const { id } = open(sessions, 1, 2);
  open(sessions, 2, 3);
  const more = request({ sessionId: id, sessionEpoch: 1, wanted: [wanted(2)] });
  expect(sessions.begin(more, EVICTION_MS_MIN).kind).toBe("incremental");
  expect(sessions.size).toBe(1);
});

test("the epoch wraps from 2^31−1 to 1", () => {
  const sessions = fresh();
  const session = open(sessions);
  session.nextEpoch = 0x7fffffff;
  sessions.begin(request({ sessionId: session.id, sessionEpoch: 0x7fffffff }), 0);
  expect(session.nextEpoch).toBe(1);
});
