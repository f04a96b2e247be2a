// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { FilterBar } from "./filter-bar.tsx";

function Page({ start }: { readonly start: string }): ReactNode {
  const [text, setText] = useState(start);
  return (
    <>
      <FilterBar text={text} onChange={setText} fields={[]} />
      <output>{text}</output>
    </>
  );
}

const input = (): HTMLInputElement => screen.getByLabelText("Filter events");
const filter = (): string | null => screen.getByRole("status").textContent;
const type = (text: string): void => void fireEvent.change(input(), { target: { value: text } });
const press = (key: string, repeat = false): boolean => fireEvent.keyDown(input(), { key, repeat });

afterEach(cleanup);

describe("FilterBar", () => {
  it("keeps the focus and the words when the filter is taken as text", () => {
    render(<Page start="key=a" />);
    fireEvent.click(screen.getByLabelText("The filter as text"));
    input().focus();
    type("key=b offset>3 ");
    press("Enter");
    expect(filter()).toBe("key=b offset>3");
    expect(input().value).toBe("key=b offset>3");
    expect(document.activeElement).toBe(input());
    fireEvent.click(screen.getByLabelText("The filter as text"));
    expect(input().value).toBe("");
  });

  it("keeps the focus when a filter that could not be read is mended", () => {
    render(<Page start="key=(" />);
    input().focus();
    type("key=a");
    press("Enter");
    expect(filter()).toBe("key=a");
    expect([input().value, document.activeElement]).toEqual(["", input()]);
  });

  it("takes the last chip away with Backspace, and stops there while it is held", () => {
    render(<Page start="key=a key=b key=c" />);
    press("Backspace", true);
    expect(filter()).toBe("key=a key=b key=c");
    press("Backspace");
    expect(filter()).toBe("key=a key=b");
  });
});
