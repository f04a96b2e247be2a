// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useCommands } from "../../lib/commands.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ToastList } from "../../ui/toast-list.tsx";
import { useKeyboard } from "./use-keyboard.ts";

const ran = vi.fn<(id: string) => void>();

function Page({ children }: { readonly children?: ReactNode }): ReactNode {
  useKeyboard();
  const group = "This page";
  useCommands([
    { id: "pause", title: "Pause", group, keys: "Space", run: () => ran("pause") },
    { id: "older", title: "Older", group, keys: "ArrowLeft", run: () => ran("older") },
    { id: "live", title: "Live", group, keys: "l", run: () => ran("live") },
    { id: "send", title: "Produce", group, keys: "Mod+Enter", run: () => ran("send") },
    {
      id: "palette",
      title: "Search",
      group: "View",
      keys: "Mod+k",
      isEverywhere: true,
      run: () => ran("palette"),
    },
  ]);
  return children;
}

beforeEach(() => {
  ran.mockClear();
});
afterEach(cleanup);

const press = (key: string, more: KeyboardEventInit = {}): boolean =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
const names = (): readonly string[] => ran.mock.calls.map(([id]) => id);

it("useKeyboard() runs commands while a message is shown", async () => {
  render(
    <Page>
      <ToastList messages={[{ id: 0, tone: "bad", title: "Not saved", text: "No leader." }]} />
    </Page>,
  );
  await screen.findAllByText("Not saved");
  expect(document.querySelector("[role=dialog], [role=alertdialog]")).not.toBeNull();
  press("l");
  expect(names()).toEqual(["live"]);
});

it("useKeyboard() lets nothing but the palette happen behind a dialog", async () => {
  render(
    <Page>
      <Dialog isOpen onClose={() => {}} title="Sure?">
        Text
      </Dialog>
    </Page>,
  );
  await screen.findByText("Sure?");
  press("l");
  press("Enter", { ctrlKey: true });
  press("k", { ctrlKey: true });
  expect(names()).toEqual(["palette"]);
});

it.each([
  ["button", " "],
  ["summary", " "],
  ["radio", "ArrowLeft"],
  ["range", "ArrowLeft"],
])("useKeyboard() leaves to a focused %s its key %j", (id, key) => {
  render(
    <Page>
      <button data-testid="button">Copy</button>
      <details>
        <summary data-testid="summary">More</summary>
      </details>
      <input data-testid="radio" type="radio" />
      <input data-testid="range" type="range" />
    </Page>,
  );
  act(() => screen.getByTestId(id).focus());
  expect(press(key)).toBe(true);
  expect(names()).toEqual([]);
});

it("useKeyboard() runs a command once for a key that is held down", () => {
  render(<Page />);
  expect(press(" ")).toBe(false);
  expect(press(" ", { repeat: true })).toBe(false);
  expect(names()).toEqual(["pause"]);
});
