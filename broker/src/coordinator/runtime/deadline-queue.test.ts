import fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlineQueue } from "./deadline-queue.ts";

type Move =
  | { readonly kind: "set"; readonly key: string; readonly atMs: number }
  | { readonly kind: "take"; readonly atMs: number };

const atMs = fc.nat(100);
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key: fc.constantFrom("a", "b", "c", "d"), atMs }),
  fc.record({ kind: fc.constant("take" as const), atMs }),
);

/** What was taken, and the earliest deadline left, after each move. */
function play(moves: readonly Move[]): unknown[] {
  const queue = new DeadlineQueue();
  return moves.map((each) => {
    const taken: number[] = [];
    if (each.kind === "set") queue.set(each.key, each.atMs);
    else {
      for (let due = queue.takeDue(each.atMs); due !== null; due = queue.takeDue(each.atMs)) {
        taken.push(due.deadlineMs);
      }
    }
    return { taken, next: queue.next() };
  });
}

/** The same with a map that is searched each time. */
function model(moves: readonly Move[]): unknown[] {
  const deadlines = new Map<string, number>();
  return moves.map((each) => {
    let taken: number[] = [];
    if (each.kind === "set") {
      deadlines.set(each.key, Math.min(each.atMs, deadlines.get(each.key) ?? each.atMs));
    } else {
      const due = [...deadlines].filter(([, deadlineMs]) => deadlineMs <= each.atMs);
      for (const [key] of due) deadlines.delete(key);
      taken = due.map(([, deadlineMs]) => deadlineMs).sort((a, b) => a - b);
    }
    return { taken, next: deadlines.size === 0 ? null : Math.min(...deadlines.values()) };
  });
}

test("DeadlineQueue gives each key's earliest deadline, in order", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
      expect(play(moves)).toEqual(model(moves));
    }),
  );
});
