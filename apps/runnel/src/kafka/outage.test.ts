import { NetworkError, ProtocolError } from "@platformatic/kafka";
import { expect, it } from "vitest";
import { isOutage, OUTAGE_DELAY_MS, OUTAGE_TRIES_MAX, Patience } from "./outage.ts";
import { Unsaved } from "./unsaved.ts";

const cut = new NetworkError("Connection closed");

function patienceWith(): { patience: Patience; remarks: string[]; clock: { nowMs: number } } {
  const remarks: string[] = [];
  const clock = { nowMs: 0 };
  const patience = new Patience(
    (text) => remarks.push(text),
    () => clock.nowMs,
  );
  return { patience, remarks, clock };
}

it("tells a broker that is away from one that refuses", () => {
  expect(isOutage(cut)).toBe(true);
  expect(isOutage(new ProtocolError("GROUP_AUTHORIZATION_FAILED"))).toBe(false);
  expect(isOutage(new Error("other"))).toBe(false);
});

it("says once per outage that it waits", () => {
  const { patience, remarks, clock } = patienceWith();
  for (let count = 0; count < 5; count += 1) patience.delayAfter(cut, "h:1");
  expect(remarks).toHaveLength(1);
  expect(patience.isAway).toBe(true);
  // Something else still fails, or fails again at once: that is the same outage.
  patience.onSuccess();
  expect(patience.isAway).toBe(false);
  patience.delayAfter(cut, "h:1");
  expect(remarks).toHaveLength(1);
  clock.nowMs += 10_000;
  patience.onSuccess();
  patience.delayAfter(cut, "h:1");
  expect(remarks).toHaveLength(2);
});

it("gives up in the end, whatever has become of single operations", async () => {
  const { patience, clock } = patienceWith();
  const work = patience.orLost(new Promise<never>(() => {}));
  for (let count = 0; count <= OUTAGE_TRIES_MAX + 1; count += 1) {
    clock.nowMs += patience.delayAfter(cut, "h:1");
  }
  expect(clock.nowMs).toBeGreaterThan(OUTAGE_TRIES_MAX * OUTAGE_DELAY_MS);
  await expect(work).rejects.toBe(cut);
});

it("keeps what is not committed, and knows it again", async () => {
  const unsaved = new Unsaved("orders");
  unsaved.add(0, 5n, 1);
  unsaved.add(0, 6n, 1);
  unsaved.add(1, 0n, 1);
  expect([4n, 5n, 6n, 7n].map((offset) => unsaved.has(0, offset))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  await expect(unsaved.commit(() => Promise.reject(cut))).rejects.toBe(cut);
  expect(unsaved.has(1, 0n)).toBe(true);
  const saved: unknown[] = [];
  await unsaved.commit(async (offsets) => void saved.push(...offsets));
  expect(saved).toEqual([
    { topic: "orders", partition: 0, offset: 7n, leaderEpoch: 1 },
    { topic: "orders", partition: 1, offset: 1n, leaderEpoch: 1 },
  ]);
  // What is committed may be read again: whoever resets the group wants that.
  expect(unsaved.has(0, 5n)).toBe(false);
  await unsaved.commit(() => Promise.reject(cut));
});
