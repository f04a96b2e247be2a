/**
 * Random histories of one group. After every event: one leader, who is a member; generations grow;
 * nobody unknown holds an assignment; what is in memory is what the log says (T11); and once all
 * deadlines have passed, every request has its answer.
 */

import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyUsage } from "../limits.ts";
import type { GroupConfig, LoadedItem } from "../ports.ts";
import { DEFAULT_CONFIG } from "../testing/scenario.ts";
import { checkAgainstLog, NO_TOPICS, replayLog, same, settledState } from "../testing/state.ts";
import type { GroupEvent, JoinEvent } from "./events.ts";
import { GroupShard, type GroupShardReply } from "./group-shard.ts";

const GROUP = "g";
const CONFIG: GroupConfig = { ...DEFAULT_CONFIG, groupSizeMax: 4, initialRebalanceDelayMs: 500 };

type Move =
  | {
      readonly kind: "join";
      readonly actor: number;
      readonly protocols: number;
      readonly v: number;
    }
  | { readonly kind: "sync" | "heartbeat" | "leave" | "commit"; readonly actor: number }
  | { readonly kind: "stale-sync" | "removal" | "restart"; readonly actor: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "cooperate"; readonly v: number; readonly absent: number }
  | { readonly kind: "reload" | "expire" | "delete" | "fetch" | "pause" | "simple-commit" };

const ACTORS = 5;
const actor = fc.nat(ACTORS - 1);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("join" as const),
      actor,
      protocols: fc.nat(3),
      v: fc.constantFrom(3, 4, 8, 9),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("sync" as const), actor }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("heartbeat" as const, "leave" as const, "commit" as const),
      actor,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("stale-sync" as const, "removal" as const, "restart" as const),
      actor,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("cooperate" as const),
      v: fc.constantFrom(3, 9),
      absent: fc.nat(ACTORS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.constantFrom(100, 600, 3000, 9000, 40_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "reload" as const,
        "expire" as const,
        "delete" as const,
        "fetch" as const,
        "pause" as const,
        "simple-commit" as const,
      ),
    }),
  },
);

const PROTOCOLS = [["range"], ["range", "sticky"], ["sticky", "range"], ["sticky"]];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Plays a client for each actor: it remembers what it was told, and sometimes does not act on it. */
class History {
  #shard = new GroupShard(emptyUsage(), () => CONFIG, NO_TOPICS);
  readonly log: LoadedItem[] = [];
  #nowMs = 0;
  #ticket = 0;
  #generation = 0;
  readonly #waiting = new Map<number, number>();
  readonly #memberIds: string[] = Array.from({ length: ACTORS }, () => "");
  readonly #generations: number[] = Array.from({ length: ACTORS }, () => -1);
  #fresh = 0;

  get waiting(): number {
    return this.#waiting.size;
  }

  play(move: Move): void {
    switch (move.kind) {
      case "advance":
        return this.#advance(move.ms);
      case "cooperate":
        return this.#cooperate(move.v, move.absent);
      case "pause":
        this.#nowMs += 100_000;
        return this.#submit({ kind: "tick", groupId: GROUP, isLate: true }, null);
      case "reload":
        return this.#reload();
      case "restart":
        this.#memberIds[move.actor] = "";
        return this.#request({ kind: "join", actor: move.actor, protocols: 1, v: 9 });
      case "expire":
        return this.#submit({ kind: "expire-offsets", groupId: GROUP }, null);
      default:
        return this.#request(move);
    }
  }

  /** Lets all deadlines pass. */
  end(): void {
    for (let round = 0; round < 40 && this.waiting > 0; round += 1) this.#advance(100_000);
  }

  /** Every member but one does what it should in this state. */
  #cooperate(v: number, absent: number): void {
    for (const [who, memberId] of this.#memberIds.entries()) {
      if (who === absent) continue;
      const group = this.#shard.groups.get(GROUP);
      const member = group?.members.get(memberId);
      if (group === undefined || member === undefined) continue;
      if (group.state === "PreparingRebalance" && member.parkedJoin === null) {
        this.#request({ kind: "join", actor: who, protocols: 1, v });
      } else if (group.state === "CompletingRebalance" && member.parkedSync === null) {
        this.#request({ kind: "sync", actor: who });
      } else if (group.state === "Stable") this.#request({ kind: "commit", actor: who });
    }
  }

  #request(
    move: Exclude<
      Move,
      { kind: "restart" | "cooperate" | "advance" | "pause" | "reload" | "expire" }
    >,
  ): void {
    const who = "actor" in move ? move.actor : 0;
    this.#ticket += 1;
    const memberId = this.#memberIds[who] ?? "";
    // Half of the actors are static members.
    const groupInstanceId = who % 2 === 0 ? `i${who}` : null;
    const request = { ticket: this.#ticket, groupId: GROUP };
    const identity = { memberId, groupInstanceId };
    const generationId = this.#generations[who] ?? -1;
    switch (move.kind) {
      case "join":
        return this.#submit(this.#join({ ...request, ...identity }, move), who);
      case "sync":
      case "stale-sync":
        return this.#submit(
          {
            ...request,
            ...identity,
            kind: "sync",
            generationId: generationId - (move.kind === "sync" ? 0 : 1),
            protocolType: null,
            protocolName: null,
            assignments: new Map([
              ...[...(this.#shard.groups.get(GROUP)?.members.keys() ?? [])].map(
                (id): [string, Uint8Array] => [id, bytes(`for ${id}`)],
              ),
              ["nobody", bytes("x")],
            ]),
          },
          who,
        );
      case "heartbeat":
        return this.#submit({ ...request, ...identity, kind: "heartbeat", generationId }, who);
      case "leave":
        return this.#submit({ ...request, kind: "leave", members: [identity] }, who);
      case "removal":
        return this.#submit(
          { ...request, kind: "leave", members: [{ memberId: "", groupInstanceId: `i${who}` }] },
          who,
        );
      case "delete":
        return this.#submit({ ...request, kind: "delete", isValidateOnly: false }, who);
      case "fetch":
        return this.#submit(
          { ...request, kind: "fetch-offsets", topics: null, requireStable: true },
          who,
        );
      default:
        return this.#submit(
          {
            ...request,
            ...(move.kind === "commit"
              ? { ...identity, generationId }
              : { memberId: "", groupInstanceId: null, generationId: -1 }),
            kind: "commit",
            retentionTimeMs: -1,
            missingGroupError: ErrorCode.ILLEGAL_GENERATION,
            hasMemberEpoch: false,
            offsets: [
              {
                topic: "t",
                topicId: "00000000-0000-4000-8000-000000000001",
                partition: who,
                offset: this.#ticket,
                leaderEpoch: 0,
                metadata: "",
              },
            ],
          },
          who,
        );
    }
  }

  #join(
    identity: Pick<JoinEvent, "ticket" | "groupId" | "memberId" | "groupInstanceId">,
    { protocols, v }: { readonly protocols: number; readonly v: number },
  ): JoinEvent {
    this.#fresh += 1;
    return {
      ...identity,
      kind: "join",
      freshMemberId: `m${this.#fresh}`,
      clientId: "c",
      clientHost: "/h",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: "consumer",
      protocols: (PROTOCOLS[protocols] ?? []).map((name) => ({ name, metadata: bytes(name) })),
      needsKnownMemberId: v >= 4,
      canSkipAssignment: v >= 9,
    };
  }

  #submit(event: GroupEvent, who: number | null): void {
    if ("ticket" in event) this.#waiting.set(event.ticket, who ?? -1);
    const step = this.#shard.step(event, this.#moment());
    const baseOffset = this.log.length;
    for (const record of step.records) {
      const { key, value } = this.#shard.encode(record);
      const place = { offset: this.log.length, timestamp: this.#nowMs };
      this.log.push({ kind: "record", key, value, ...place, producer: null });
    }
    for (const [at, record] of step.records.entries()) this.#shard.replay(record, baseOffset + at);
    for (const reply of step.replies) this.#receive(reply);
    this.#check();
  }

  #receive(reply: GroupShardReply): void {
    const who = this.#waiting.get(reply.ticket);
    assert(who !== undefined, `an answer to ${reply.ticket}, which does not wait`);
    this.#waiting.delete(reply.ticket);
    if (reply.kind !== "join") return;
    const { errorCode, memberId, generationId, members, leaderId } = reply.result;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberIds[who] = "";
    else if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberIds[who] = memberId;
    } else if (errorCode === ErrorCode.FENCED_INSTANCE_ID) this.#memberIds[who] = "";
    if (errorCode !== ErrorCode.NONE) return;
    this.#generations[who] = generationId;
    if (members.length > 0) same(memberId, leaderId, "who gets the members leads");
  }

  #advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const wakeMs = this.#shard.groups.get(GROUP)?.wakeMs ?? Number.POSITIVE_INFINITY;
      if (wakeMs > until) break;
      this.#nowMs = Math.max(this.#nowMs, wakeMs);
      this.#submit({ kind: "tick", groupId: GROUP, isLate: false }, null);
      const next = this.#shard.groups.get(GROUP)?.wakeMs ?? Number.POSITIVE_INFINITY;
      assert(next > this.#nowMs, "a tick leaves a deadline behind that has passed");
    }
    this.#nowMs = until;
  }

  #reload(): void {
    this.#shard.close();
    this.#shard = replayLog(this.log, CONFIG);
    this.#shard.begin(this.#moment());
    // Whoever waited was told that there is no coordinator here.
    this.#waiting.clear();
    this.#generation = 0;
    this.#check();
  }

  #moment(): { nowMs: number; wallMs: number } {
    return { nowMs: this.#nowMs, wallMs: this.#nowMs };
  }

  #check(): void {
    const replayed = checkAgainstLog(this.#shard, this.log, CONFIG);
    const group = this.#shard.groups.get(GROUP);
    if (group === undefined) {
      this.#generation = 0;
      return;
    }
    const settled = settledState(group);
    const twin = replayed.groups.get(GROUP);
    if (settled !== null && twin !== undefined) same(settled, settledState(twin), "live, replayed");
    assert(group.generationId >= this.#generation, "a generation went back");
    this.#generation = group.record === null ? 0 : group.generationId;
    const { members, leaderId } = group;
    const isLed = leaderId !== null && members.has(leaderId);
    assert(isLed === members.size > 0, `leader ${leaderId} among ${[...members.keys()].join()}`);
    const parked = [...members.values()].filter((member) => member.parkedJoin !== null);
    same(group.joinsParked, parked.length, "joins that wait");
    for (const [instance, id] of group.staticMembers) {
      same(members.get(id)?.groupInstanceId, instance, "holder of an instance id");
    }
    for (const { memberId } of group.record?.members ?? []) {
      assert(memberId !== "nobody", "an assignment to somebody unknown");
    }
    if (group.state === "Empty") same(members.size, 0, "members of an empty group");
    assert(group.state !== "Stable" || members.size > 0, "a stable group without members");
    const support = new Map<string, number>();
    for (const { protocols } of members.values()) {
      for (const { name } of protocols) support.set(name, (support.get(name) ?? 0) + 1);
    }
    same(group.protocolSupport, support, "protocols of the members");
  }
}

test("T11: after any history the state in memory is the replay of the log, and nobody waits for ever", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(move, { minLength: 1, maxLength: 60 }), (isFull, moves) => {
      const history = new History();
      // Half of the histories begin with a group that has members.
      for (let who = 0; isFull && who < ACTORS - 1; who += 1) {
        history.play({ kind: "join", actor: who, protocols: 1, v: 3 });
      }
      if (isFull) history.play({ kind: "advance", ms: 3000 });
      for (const each of moves) history.play(each);
      history.end();
      expect(history.waiting).toBe(0);
    }),
    { numRuns: 1500 },
  );
});
