import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { ANONYMOUS } from "#auth/authorizer.ts";
import { topicIdOf } from "#coordinator/testing/scenario.ts";
import { CoordinatorWorld } from "#coordinator/testing/world.ts";
import type { Actor } from "./actor.ts";
import { GroupChanges } from "./group-changes.ts";
import { RecordingAudit } from "./testing.ts";

const ACTOR: Actor = {
  principal: ANONYMOUS,
  host: "/127.0.0.1",
  via: "kafka",
  listener: "PLAINTEXT",
  port: 9092,
  client: "tool",
  connectionId: 1,
};

async function started() {
  const world = new CoordinatorWorld();
  await world.start();
  const audit = new RecordingAudit();
  const changes = new GroupChanges({ groups: world.groups, audit, clock: world.time });
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    await world.time.advance(0);
    return await work;
  };
  const commit = (offset: number, input: object = {}, actor = ACTOR) =>
    settled(
      changes.commitOffsets(actor, {
        apiVersion: 9,
        groupId: "g",
        memberId: "",
        groupInstanceId: null,
        generationId: -1,
        retentionTimeMs: -1,
        offsets: [
          {
            topic: "t",
            topicId: topicIdOf("t"),
            partition: 0,
            offset,
            leaderEpoch: -1,
            metadata: "",
          },
        ],
        ...input,
      }),
    );
  return { world, audit, changes, settled, commit };
}

const at = (offset: number | null) => [{ topic: "t", partition: 0, offset }];

describe("GroupChanges.commitOffsets()", () => {
  test("tells where an administrator moves a group, with what was there before", async () => {
    const { audit, commit } = await started();
    await commit(10);
    await commit(4);
    expect(audit.entries).toMatchObject([
      { operation: "group.offsets.change", before: at(null), after: at(10) },
      { asked: at(4), before: at(10), after: at(4), result: { outcome: "done" } },
    ]);
  });

  test("does not tell of members", async () => {
    const { world, audit, commit } = await started();
    const memberId = await world.stableMember();
    expect(await commit(3, { memberId, generationId: 1 })).toEqual({
      errorCodes: [ErrorCode.NONE],
    });
    expect(audit.entries).toEqual([]);
    // An outsider cannot move a group that has members: the attempt is told.
    await commit(1);
    expect(audit.entries).toMatchObject([
      { before: at(3), after: at(3), result: { outcome: "refused", error: "UNKNOWN_MEMBER_ID" } },
    ]);
  });

  test("tells of who makes up an id: an empty group takes it unseen", async () => {
    const { audit, commit } = await started();
    await commit(10, { memberId: "nobody" });
    await commit(4, { groupInstanceId: "i" });
    await commit(9, { memberId: "nobody", generationId: 7 });
    expect(audit.entries).toMatchObject([
      { before: at(null), after: at(10), result: { outcome: "done" } },
      { before: at(10), after: at(4), result: { outcome: "done" } },
    ]);
  });

  test("takes who commits again and again for a consumer, unless it goes back", async () => {
    const { world, audit, commit } = await started();
    for (let offset = 1; offset <= 20; offset += 1) {
      await commit(offset);
      await world.time.advance(5_000);
    }
    expect(audit.entries).toHaveLength(3);
    await commit(7);
    expect(audit.entries.at(-1)).toMatchObject({ before: at(20), after: at(7) });
    await commit(30, {}, { ...ACTOR, connectionId: 2 });
    await commit(31, { groupId: "h" });
    await commit(32, {}, { ...ACTOR, via: "admin", connectionId: null });
    expect(audit.entries).toHaveLength(7);
    await world.time.advance(60_001);
    await commit(33);
    expect(audit.entries).toHaveLength(8);
  });
});

describe("GroupChanges, all else", () => {
  test("deleting offsets and groups tells what is lost", async () => {
    const { audit, changes, settled, commit } = await started();
    await commit(5);
    audit.entries = [];
    const topics = [{ topic: "t", partitions: [0, 3] }];
    await settled(changes.deleteOffsets(ACTOR, "g", topics));
    await settled(changes.deleteGroup(ACTOR, "g"));
    await commit(6);
    await settled(changes.deleteGroup(ACTOR, "g"));
    expect(audit.entries).toMatchObject([
      { operation: "group.offsets.delete", before: at(5), after: [], result: { outcome: "done" } },
      { operation: "group.delete", result: { outcome: "refused", error: "GROUP_ID_NOT_FOUND" } },
      { operation: "group.offsets.change" },
      { operation: "group.delete", before: { offsets: at(6) }, result: { outcome: "done" } },
    ]);
  });

  test("who leaves by itself is not told of, who is sent away is", async () => {
    const { world, audit, changes, settled } = await started();
    const memberId = await world.stableMember();
    const leave = (...members: { memberId: string; groupInstanceId: string | null }[]) =>
      settled(changes.leave(ACTOR, { groupId: "g", members }));
    await leave({ memberId, groupInstanceId: null });
    await leave({ memberId: "", groupInstanceId: null });
    expect(audit.entries).toEqual([]);
    const other = await world.stableMember();
    await leave(
      { memberId: other, groupInstanceId: null },
      { memberId: "x", groupInstanceId: null },
    );
    expect(audit.entries).toMatchObject([
      {
        operation: "group.members.remove",
        before: [{ memberId: other }],
        result: { outcome: "partly", error: "UNKNOWN_MEMBER_ID" },
      },
    ]);
  });
});
