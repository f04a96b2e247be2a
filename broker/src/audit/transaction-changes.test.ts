import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import { ANONYMOUS } from "#auth/authorizer.ts";
import { ID, TransactionWorld } from "#coordinator/testing/transaction-world.ts";
import type { Actor } from "./actor.ts";
import { RecordingAudit } from "./testing.ts";
import { TransactionChanges } from "./transaction-changes.ts";

const ACTOR: Actor = {
  principal: ANONYMOUS,
  host: "/127.0.0.1",
  via: "admin",
  listener: "admin",
  port: 9644,
  client: "console",
  connectionId: null,
};

test("an abort is told with what was there, a refusal with its error, a dry run not at all", async () => {
  const world = new TransactionWorld();
  await world.start();
  const audit = new RecordingAudit();
  const changes = new TransactionChanges({ transactions: world.transactions, audit });
  const abort = (isValidateOnly: boolean) => {
    const input = { transactionalId: ID, expectedVersion: null, isValidateOnly };
    return world.settled(changes.abort(ACTOR, input));
  };
  await world.add(await world.init(), 0, 1);
  expect(await abort(true)).toMatchObject({ before: { state: "Ongoing" }, after: null });
  expect(audit.entries).toEqual([]);
  const done = await abort(false);
  expect(done).toMatchObject({ before: { state: "Ongoing" }, after: { state: "CompleteAbort" } });
  expect((await abort(false)).errorCode).toBe(ErrorCode.INVALID_TXN_STATE);
  const about = { operation: "transaction.end", resource: { kind: "transaction", name: ID } };
  const producer = { producerId: "100" };
  expect(audit.entries).toMatchObject([
    {
      ...about,
      asked: { result: "abort" },
      before: { state: "Ongoing", ...producer, partitions: [{ topic: "t", partitions: [0, 1] }] },
      after: { state: "CompleteAbort", ...producer, producerEpoch: 1, partitions: [] },
      result: { outcome: "done", error: null },
    },
    {
      ...about,
      before: null,
      after: null,
      result: { outcome: "refused", error: "INVALID_TXN_STATE" },
    },
  ]);
});
