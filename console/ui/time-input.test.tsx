// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { setPreferences } from "../lib/preferences.ts";
import { TimeInput } from "./time-input.tsx";

afterEach(cleanup);

const NOON = Date.parse("2026-11-24T12:00:00Z");
const latest: { at: number | null; unclearCount: number } = { at: null, unclearCount: 0 };

function Harness({ start = null }: { readonly start?: number | null }): ReactNode {
  const [at, setAt] = useState<number | null>(start);
  const change = (next: number | null): void => {
    latest.at = next;
    setAt(next);
  };
  return (
    <>
      <TimeInput
        label="At"
        value={at}
        onChange={change}
        onUnclear={() => {
          latest.unclearCount += 1;
          setAt(null);
        }}
      />
      <button type="button" onClick={() => setAt(NOON)}>
        noon
      </button>
      <button type="button" onClick={() => setAt(null)}>
        none
      </button>
    </>
  );
}

const input = (): HTMLInputElement => screen.getByLabelText("At");
const type = (value: string): void => void fireEvent.change(input(), { target: { value } });

describe("TimeInput", () => {
  it("keeps what is typed, and says what it understood", () => {
    setPreferences({ zone: "UTC" });
    render(<Harness />);
    type("2026-11-24");
    expect(latest.at).toBe(Date.parse("2026-11-24T00:00:00Z"));
    expect(input().value).toBe("2026-11-24");
    expect(screen.getByText("2026-11-24 00:00:00.000")).toBeDefined();
  });

  it("tells what is no time from nothing", () => {
    render(<Harness start={NOON} />);
    latest.unclearCount = 0;
    type("2026-11-24x");
    expect(latest.unclearCount).toBe(1);
    expect(input().value).toBe("2026-11-24x");
    expect(screen.getByText("no such time")).toBeDefined();
    type("");
    expect(latest).toEqual({ at: null, unclearCount: 1 });
    expect(screen.queryByText("no such time")).toBeNull();
  });

  it("follows a value that is set from elsewhere", () => {
    setPreferences({ zone: "UTC" });
    render(<Harness />);
    type("15m");
    fireEvent.click(screen.getByText("noon"));
    expect(input().value).toBe("2026-11-24 12:00:00.000");
    fireEvent.click(screen.getByText("none"));
    expect(input().value).toBe("");
  });
});
