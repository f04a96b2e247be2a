import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { IdempotentAnswers } from "./idempotency.ts";
import { kafkaRefusal } from "./kafka-problem.ts";

const KEY = "5d7f";

function answers() {
  const time = new ManualTime();
  const kept = new IdempotentAnswers(time);
  let count = 0;
  const run = async (key: string, request: unknown = "r", text = ""): Promise<string> => {
    const answer = await kept.run(key, request, () => {
      count += 1;
      return Promise.resolve({ status: 201, text: text || `answer ${count}` });
    });
    return answer.text;
  };
  return { time, kept, run };
}

describe("IdempotentAnswers.run()", () => {
  test("H6: answers a repetition what the first one was answered, also while that is under way", async () => {
    const { run } = answers();
    expect(await Promise.all([run(KEY), run(KEY)])).toEqual(["answer 1", "answer 1"]);
    expect(await run(KEY)).toBe("answer 1");
    expect(await run("other")).toBe("answer 2");
  });

  test("refuses a key that stood for another request, and one that is none", async () => {
    const { run } = answers();
    await run(KEY, { a: 1 });
    await expect(run(KEY, { a: 2 })).rejects.toMatchObject({ kind: "idempotency-key-reused" });
    for (const key of ["", "a b", "ü", "x".repeat(129)]) {
      await expect(run(key)).rejects.toMatchObject({ kind: "invalid-request" });
    }
  });

  test("does not remember work that failed", async () => {
    const { kept, run } = answers();
    const failing = kept.run(KEY, "r", () => Promise.reject(new Error("disk")));
    await expect(failing).rejects.toThrow("disk");
    expect(await run(KEY)).toBe("answer 1");
  });

  test("remembers work of which nobody knows whether it was done, and does it once", async () => {
    const { time, kept, run } = answers();
    let count = 0;
    const work = () => {
      count += 1;
      const text = { subject: "topic t", isUncertain: true };
      return Promise.reject(kafkaRefusal(ErrorCode.REQUEST_TIMED_OUT, text));
    };
    for (let round = 0; round < 2; round += 1) {
      await expect(kept.run(KEY, "r", work)).rejects.toMatchObject({
        kind: "unavailable",
        text: {
          kafkaError: "REQUEST_TIMED_OUT",
          remedy: expect.stringContaining("may have been done") as string,
        },
      });
    }
    expect(count).toBe(1);
    await time.advanceAsync(11 * 60_000);
    expect(await run(KEY)).toBe("answer 1");
  });

  test("forgets after a while, and the oldest where there are too many or they are too long", async () => {
    const { time, run } = answers();
    await run(KEY);
    await time.advanceAsync(11 * 60_000);
    expect(await run(KEY)).toBe("answer 2");
    for (let n = 0; n < 1_000; n += 1) await run(`k${n}`);
    expect(await run(KEY)).toBe("answer 1003");
    await run("long", "r", "x".repeat(5 * 1024 * 1024));
    await run("next");
    expect(await run("long")).not.toContain("x");
  });
});
