import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { OwnedTimers } from "./owned-timers.ts";

test("OwnedTimers.cancelAll() ends what is pending and what comes later", async () => {
  const timers = new OwnedTimers();
  const ran: string[] = [];
  timers.after(0, () => ran.push("before"));
  await delay(20);
  timers.after(5, () => ran.push("pending"));
  timers.after(5, () => ran.push("cancelled")).cancel();
  timers.cancelAll();
  timers.after(0, () => ran.push("late"));
  await delay(30);
  expect(ran).toEqual(["before"]);
});
