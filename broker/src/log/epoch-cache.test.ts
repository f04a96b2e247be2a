import fc from "fast-check";
import { expect, test } from "vitest";
import { EpochCache } from "./epoch-cache.ts";

/** The reference: one epoch per offset, as a log of single records has them. */
class Model {
  epochs: number[] = [];
  start = 0;

  get end(): number {
    return this.epochs.length;
  }

  /** KIP-101, KIP-279: the largest epoch ≤ the asked one that has records, and where it ends. */
  endOf(epoch: number): { epoch: number; endOffset: number } {
    const here = this.epochs.slice(this.start);
    const latest = here.at(-1);
    if (latest === undefined || epoch < 0 || epoch > latest) return { epoch: -1, endOffset: -1 };
    if (epoch === latest) return { epoch, endOffset: this.end };
    const next = this.start + here.findIndex((one) => one > epoch);
    const before = this.epochs[next - 1];
    return { epoch: next === this.start || before === undefined ? epoch : before, endOffset: next };
  }
}

type Step =
  | { readonly kind: "append"; readonly count: number; readonly raise: number }
  | { readonly kind: "cut" | "trim"; readonly at: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("append" as const),
      count: fc.integer({ min: 0, max: 5 }),
      raise: fc.nat(2),
    }),
    fc.record({ kind: fc.constantFrom("cut" as const, "trim" as const), at: fc.nat(1000) }),
  ),
  { maxLength: 25 },
);

function apply(cache: EpochCache, model: Model, epoch: number, step: Step): number {
  if (step.kind === "append") {
    const raised = epoch + step.raise;
    cache.assign(raised, model.end);
    for (let i = 0; i < step.count; i += 1) model.epochs.push(raised);
    return raised;
  }
  const at = model.start + (step.at % (model.end - model.start + 1));
  if (step.kind === "cut") {
    cache.truncateFrom(at);
    model.epochs.length = at;
  } else {
    cache.truncateBefore(at);
    model.start = at;
  }
  return epoch;
}

const RUNS = Number(process.env["RUNNEL_EPOCH_RUNS"] ?? 3000);

test("endOf() is the reference's, over any history of terms, cuts and trims", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const cache = new EpochCache();
      const model = new Model();
      let epoch = 0;
      for (const step of history) epoch = apply(cache, model, epoch, step);
      // The epoch of a leader that has not appended yet begins at the end.
      cache.truncateFrom(model.end);
      fc.pre(model.end > model.start);
      for (let asked = -1; asked <= epoch + 1; asked += 1) {
        expect(cache.endOf(asked, model.end), `epoch ${asked}`).toEqual(model.endOf(asked));
      }
      for (let at = model.start; at < model.end; at += 1) {
        expect(cache.epochAt(at)).toBe(model.epochs[at]);
      }
      const text = cache.format();
      expect(EpochCache.parse(text)?.entries).toEqual(cache.entries);
    }),
    { numRuns: RUNS },
  );
});

test("assign() forgets epochs that have no records", () => {
  const cache = new EpochCache();
  expect(cache.assign(1, 0)).toBe(true);
  expect(cache.assign(2, 10)).toBe(true);
  expect(cache.assign(5, 10)).toBe(true);
  expect(cache.assign(5, 12)).toBe(false);
  expect(cache.assign(4, 12)).toBe(false);
  expect(cache.entries).toEqual([
    { epoch: 1, startOffset: 0 },
    { epoch: 5, startOffset: 10 },
  ]);
  expect(cache.endOf(3, 20)).toEqual({ epoch: 1, endOffset: 10 });
  expect(cache.truncateAbove(4)).toBe(true);
  expect(cache.latest).toBe(1);
});

test("format() is Kafka's checkpoint, with blanks behind the last line", () => {
  const cache = new EpochCache();
  expect(cache.format()).toBe("0\n0\n");
  cache.assign(0, 0);
  cache.assign(3, 120);
  expect(cache.format()).toMatch(/^0\n2\n0 0\n3 120[ \t]{32}\n$/);
});

test("parse() refuses what was changed in any one place, and text of another kind", () => {
  const cache = new EpochCache();
  cache.assign(0, 0);
  cache.assign(3, 120);
  const bytes = new TextEncoder().encode(cache.format());
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const copy = bytes.slice();
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(EpochCache.parse(new TextDecoder().decode(copy)), `bit ${bit}`).toBeNull();
  }
  for (let length = 0; length < bytes.length; length += 1) {
    expect(EpochCache.parse(new TextDecoder().decode(bytes.subarray(0, length)))).toBeNull();
  }
  expect(EpochCache.parse("0\n1\n0 0\n")).toBeNull();
});
