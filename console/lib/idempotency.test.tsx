// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { useIdempotencyKey } from "./idempotency.ts";

describe("useIdempotencyKey()", () => {
  it("keeps the key of a request that is sent again, and has another for another", () => {
    const { result, rerender } = renderHook(useIdempotencyKey);
    const first = result.current({ name: "orders" });
    rerender();
    expect(result.current({ name: "orders" })).toBe(first);
    const second = result.current({ name: "orders", partitionCount: 3 });
    expect(second).not.toBe(first);
    expect(result.current({ name: "orders", partitionCount: 3 })).toBe(second);
  });
});
