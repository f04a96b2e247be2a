// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { AtTime } from "./at-time.tsx";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function slider(
  [oldestEventAt, lastEventAt]: readonly [number, number],
  at: number | null,
): Promise<{ readonly input: HTMLInputElement; readonly onChange: ReturnType<typeof vi.fn> }> {
  vi.spyOn(api, "getTopic").mockResolvedValue({ oldestEventAt, lastEventAt } as never);
  const onChange = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <AtTime topic="orders" at={at} onChange={onChange} />
    </QueryClientProvider>,
  );
  const name = "As it was, along the time of the topic";
  return { input: await screen.findByLabelText<HTMLInputElement>(name), onChange };
}

/** Values that a browser lets a slider take. */
function reachable({ min, max, step }: HTMLInputElement): readonly number[] {
  const found: number[] = [];
  for (let value = Number(min); value <= Number(max); value += Number(step || 1)) found.push(value);
  return found;
}

describe("AtTime", () => {
  const FROM = 1_700_000_000_000;

  it.each([1, 7, 199, 200, 401, 1_000_003])(
    "the slider comes back to now, over a span of %i ms",
    async (span) => {
      const { input, onChange } = await slider([FROM, FROM + span], FROM);
      expect(input.value).toBe("0");
      const last = reachable(input).at(-1);
      fireEvent.change(input, { target: { value: String(last) } });
      fireEvent.keyUp(input);
      expect(onChange).toHaveBeenCalledExactlyOnceWith(null);
    },
  );

  it("the slider moves with every step, and stands where the time is", async () => {
    const { input, onChange } = await slider([FROM, FROM + 1_000], FROM + 500);
    expect(input.value).toBe("100");
    fireEvent.change(input, { target: { value: "101" } });
    fireEvent.keyUp(input);
    expect(onChange).toHaveBeenCalledExactlyOnceWith(FROM + 505);
  });
});
