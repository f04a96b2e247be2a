import { expect, test } from "vitest";
import { nodeScheduler } from "./time.ts";

test("a delay that no timer of the runtime can hold does not end at once", async () => {
  let isOver = false;
  const long = nodeScheduler.after(2 ** 53 - 1, () => {
    isOver = true;
  });
  // The runtime turns a delay that is too long into one of a millisecond.
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 20);
  });
  long.cancel();
  expect(isOver).toBe(false);
});
