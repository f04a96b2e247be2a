// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { CopyButton } from "./copy.tsx";

const writeText = vi.fn<(text: string) => Promise<void>>();
const execCommand = vi.fn<(command: string) => boolean>();

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

/** What is marked when the older way is taken. */
let marked: string | undefined;

function press(clipboard: object | undefined): void {
  Object.defineProperty(navigator, "clipboard", { value: clipboard, configurable: true });
  document.execCommand = (command) => {
    marked = document.querySelector("textarea")?.value;
    return execCommand(command);
  };
  render(<CopyButton text="orders/3@17" label="Copy the address" />);
  fireEvent.click(screen.getByRole("button", { name: "Copy the address" }));
}

it("CopyButton copies", async () => {
  writeText.mockResolvedValue();
  press({ writeText });
  await screen.findByRole("button", { name: "Copied" });
  expect(writeText).toHaveBeenCalledWith("orders/3@17");
});

it.each([
  ["has no clipboard", undefined],
  ["lets nobody use it", { writeText: () => Promise.reject(new Error("denied")) }],
])("CopyButton copies where the browser %s, and leaves no trace", async (_, clipboard) => {
  execCommand.mockReturnValue(true);
  press(clipboard);
  await screen.findByRole("button", { name: "Copied" });
  expect(execCommand).toHaveBeenCalledWith("copy");
  expect(marked).toBe("orders/3@17");
  expect(document.querySelector("textarea")).toBeNull();
});

it("CopyButton says so where nothing could be copied", async () => {
  execCommand.mockReturnValue(false);
  press(undefined);
  expect(await screen.findByText(/Not copied/)).toBeTruthy();
});
