import { afterEach, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { DELETED_TOPICS_MAX, lookAt } from "./delete-topics.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("lookAt() asks for a few topics at once, and for none once nobody waits", async () => {
  let running = 0;
  let most = 0;
  let count = 0;
  const controller = new AbortController();
  vi.spyOn(api, "deleteTopic").mockImplementation(async () => {
    running += 1;
    count += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (count === 20) controller.abort();
    throw new Error("no leader");
  });
  const topics = Array.from({ length: DELETED_TOPICS_MAX }, (_, at) => `t${at}`);
  await expect(lookAt(topics, controller.signal)).rejects.toThrow(/abort/);
  expect(most).toBe(4);
  expect(count).toBe(20);
});
