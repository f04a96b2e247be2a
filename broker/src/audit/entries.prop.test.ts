import { AuditRecord, type AuditState } from "@runnel/contracts/audit.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ANONYMOUS } from "#auth/authorizer.ts";
import { recordOf } from "./entries.ts";

/** Texts, some of them longer than any client should send; control characters take six in JSON. */
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc
    .tuple(fc.constantFrom("x", "\u0001", '"', "ü", "\ud83d\ude00"), fc.nat(30_000))
    .map(([char, count]) => char.repeat(count)),
);
const { state } = fc.letrec<{ state: AuditState }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, 1, true),
    text,
    fc.array(tie("state"), { maxLength: 300 }),
    fc.dictionary(text, tie("state"), { maxKeys: 300, noNullPrototype: true }),
  ),
}));

test("a record is never long, whatever a client sent", () => {
  fc.assert(
    fc.property(
      fc.record({
        operation: fc.constant("topic.create" as const),
        resource: fc.record({ kind: fc.constant("topic" as const), name: text }),
        asked: state,
        before: state,
        after: state,
        result: fc.record({
          outcome: fc.constantFrom("done" as const, "refused" as const),
          error: fc.constant("X"),
          message: fc.option(text),
        }),
      }),
      fc.record({ host: text, listener: text, client: text }),
      (entry, who) => {
        const actor = { ...who, principal: ANONYMOUS, via: "kafka", port: 1, connectionId: 1 };
        const record = recordOf(entry, actor as never, { at: 1, brokerId: 1 });
        expect(JSON.stringify(record).length).toBeLessThanOrEqual(64 * 1024);
        expect(AuditRecord.parse(record)).toEqual(record);
        if (entry.result.outcome === "done") return;
        const states = JSON.stringify([record.asked, record.before, record.after]);
        expect(states.length).toBeLessThanOrEqual(4 * 1024);
      },
    ),
    { numRuns: 200 },
  );
});

test("what made a record too long is left out, and says how long it was", () => {
  const value = "v".repeat(1_000);
  const configs = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`name${at}`, value]));
  const entry = {
    operation: "topic.create",
    resource: { kind: "topic", name: "orders" },
    asked: { partitionCount: 1, configs },
    before: null,
    after: { partitionCount: 1 },
    result: { outcome: "done", error: null, message: null },
  } as const;
  const actor = { principal: ANONYMOUS, host: "/::1", via: "kafka", listener: "P", port: 1 };
  const whole = { ...actor, client: "c", connectionId: 1 } as const;
  const record = recordOf(entry, whole as never, { at: 1, brokerId: 1 });
  const leftLength = JSON.stringify(entry.asked).length;
  expect(record).toMatchObject({
    asked: { leftLength },
    before: null,
    after: { partitionCount: 1 },
  });
});
