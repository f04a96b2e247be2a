// @vitest-environment happy-dom
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, expect, it } from "vitest";
import { type RecordTab, RecordTabs } from "./record-tabs.tsx";

afterEach(cleanup);

// What the tabs do not look at is left out.
const RECORD = {
  key: { sizeBytes: 3 },
  value: { sizeBytes: null },
  headers: [],
} as unknown as DecodedRecord;

function Panel(): ReactNode {
  const [tab, setTab] = useState<RecordTab>("value");
  return (
    <RecordTabs record={RECORD} tab={tab} onTab={setTab}>
      The {tab}
    </RecordTabs>
  );
}

it("RecordTabs names the part that it shows after its tab, by mouse and by arrows", () => {
  render(<Panel />);
  const panel = screen.getByRole("tabpanel");
  const named = (): string | null | undefined =>
    document.getElementById(panel.getAttribute("aria-labelledby") ?? "")?.textContent;
  expect(named()).toMatch(/^Value/);
  expect(screen.getByRole("tab", { name: /^Value/ }).getAttribute("aria-controls")).toBe(panel.id);
  fireEvent.keyDown(screen.getByRole("tab", { name: /^Value/ }), { key: "ArrowRight" });
  expect(named()).toMatch(/^Key/);
  expect(panel.textContent).toBe("The key");
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "End" });
  expect(panel.textContent).toBe("The metadata");
});
