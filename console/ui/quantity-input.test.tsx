// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { DURATIONS } from "../lib/quantity.ts";
import { QuantityInput } from "./quantity-input.tsx";

afterEach(cleanup);

const latest = { value: "" };

function Harness({
  start,
  preset,
}: {
  readonly start: string;
  readonly preset?: string;
}): ReactNode {
  const [value, setValue] = useState(start);
  return (
    <>
      <QuantityInput
        label="retention.ms"
        units={DURATIONS}
        value={value}
        fallback="604800000"
        onChange={(next) => {
          latest.value = next;
          setValue(next);
        }}
      />
      <button type="button" onClick={() => setValue(preset ?? "")}>
        preset
      </button>
    </>
  );
}

const count = (): HTMLInputElement => screen.getByLabelText("retention.ms");
const unit = (): HTMLSelectElement => screen.getByLabelText("retention.ms: unit");

describe("QuantityInput", () => {
  it("shows the inherited value as a placeholder, in its unit", () => {
    render(<Harness start="" />);
    expect(count().value).toBe("");
    expect(count().placeholder).toBe("7 d");
    expect(unit().value).toBe("d");
  });

  it("multiplies what is typed by the unit, and keeps the unit while one types", () => {
    render(<Harness start="" />);
    fireEvent.change(count(), { target: { value: "24" } });
    expect(latest.value).toBe("2073600000");
    fireEvent.change(unit(), { target: { value: "h" } });
    expect(latest.value).toBe("86400000");
    expect(count().value).toBe("24");
    expect(unit().value).toBe("h");
  });

  it("follows a value that is set from elsewhere", () => {
    render(<Harness start="" preset="3600000" />);
    fireEvent.change(count(), { target: { value: "5" } });
    fireEvent.click(screen.getByText("preset"));
    expect(count().value).toBe("1");
    expect(unit().value).toBe("h");
  });

  it("passes on what is no number, for the broker to refuse in its own words", () => {
    render(<Harness start="" />);
    fireEvent.change(count(), { target: { value: "soon" } });
    expect(latest.value).toBe("soon");
  });
});
