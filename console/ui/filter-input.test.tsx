// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FilterInput } from "./filter-input.tsx";

const onChange = vi.fn<(value: string) => void>();
const input = (): HTMLInputElement => screen.getByLabelText("Filter");
const type = (text: string): void => void fireEvent.change(input(), { target: { value: text } });
const pass = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));

beforeEach(() => {
  vi.useFakeTimers();
  onChange.mockClear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("FilterInput", () => {
  it("asks a moment after the last key, and never for what was not typed", () => {
    render(<FilterInput label="Filter" value="" onChange={onChange} />);
    pass(1_000);
    type("o");
    type("or");
    pass(1_000);
    expect(onChange.mock.calls).toEqual([["or"]]);
  });

  it("asks at every key where answers are as fast as that", () => {
    render(<FilterInput label="Filter" value="" onChange={onChange} isInstant />);
    type("o");
    type("or");
    expect(onChange.mock.calls).toEqual([["o"], ["or"]]);
  });

  it("keeps what is typed while an earlier text comes back", () => {
    const { rerender } = render(<FilterInput label="Filter" value="" onChange={onChange} />);
    type("o");
    pass(200);
    type("ord");
    rerender(<FilterInput label="Filter" value="o" onChange={onChange} />);
    expect(input().value).toBe("ord");
    pass(200);
    rerender(<FilterInput label="Filter" value="ord" onChange={onChange} />);
    expect(input().value).toBe("ord");
    expect(onChange.mock.calls).toEqual([["o"], ["ord"]]);
  });

  it("follows a filter that was changed or cleared elsewhere", () => {
    const { rerender } = render(<FilterInput label="Filter" value="" onChange={onChange} />);
    type("ord");
    pass(200);
    rerender(<FilterInput label="Filter" value="ord" onChange={onChange} />);
    rerender(<FilterInput label="Filter" value="" onChange={onChange} />);
    expect(input().value).toBe("");
    pass(1_000);
    expect(onChange.mock.calls).toEqual([["ord"]]);
  });
});
