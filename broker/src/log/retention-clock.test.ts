import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { LEAP_DOUBT_MS, RetentionClock } from "./retention-clock.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

test("a leap ahead counts once it has lasted, a step back at once", () => {
  const time = new ManualTime();
  const clock = new RetentionClock(time);
  const start = time.nowMs();
  time.wallOffsetMs += 24 * HOUR;
  for (let passed = 0; passed < LEAP_DOUBT_MS; passed += MINUTE) {
    expect(clock.nowMs()).toBe(start + passed);
    time.advance(MINUTE);
  }
  expect(clock.doubtMs()).toBe(24 * HOUR);
  for (let passed = 0; passed <= LEAP_DOUBT_MS; passed += MINUTE) {
    clock.nowMs();
    time.advance(MINUTE);
  }
  expect(clock.nowMs()).toBe(time.nowMs());
  time.wallOffsetMs -= 30 * HOUR;
  expect(clock.nowMs()).toBe(time.nowMs());
  expect(clock.doubtMs()).toBe(0);
});

test("who asks rarely is not led astray by a leap in between", () => {
  const time = new ManualTime();
  const clock = new RetentionClock(time);
  const start = time.nowMs();
  time.advance(10 * HOUR);
  time.wallOffsetMs += 24 * HOUR;
  expect(clock.nowMs()).toBe(start + 10 * HOUR);
  time.advance(10 * HOUR);
  expect(clock.nowMs()).toBe(start + 44 * HOUR);
});

test("a clock that is wrong for less than an hour at a time never makes anything old", () => {
  const wrong = fc.record({
    leapMs: fc.integer({ min: -24 * HOUR, max: 24 * HOUR }),
    lastsMs: fc.integer({ min: 0, max: LEAP_DOUBT_MS - 1 }),
    rightMs: fc.integer({ min: 0, max: 3 * HOUR }),
  });
  fc.assert(
    fc.property(fc.array(wrong, { maxLength: 20 }), (story) => {
      const time = new ManualTime();
      const clock = new RetentionClock(time);
      const rightOffset = time.wallOffsetMs;
      const isNotAhead = () => expect(clock.nowMs()).toBeLessThanOrEqual(rightNow());
      const rightNow = () => Math.floor(rightOffset + time.monotonicMs());
      for (const { leapMs, lastsMs, rightMs } of story) {
        time.wallOffsetMs = rightOffset + leapMs;
        isNotAhead();
        time.advance(lastsMs);
        isNotAhead();
        time.wallOffsetMs = rightOffset;
        isNotAhead();
        time.advance(rightMs);
        isNotAhead();
      }
    }),
  );
});
