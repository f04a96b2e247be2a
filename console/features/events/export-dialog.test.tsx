// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { download } from "../../lib/download.ts";
import { ExportDialog } from "./export-dialog.tsx";
import { eventMessage } from "./testing-messages.ts";

vi.mock(import("../../lib/download.ts"), () => ({ download: vi.fn<typeof download>() }));

const NOTHING = { sizeBytes: null, text: "", isExact: false, raw: null };

async function exportUntilHeld(): Promise<() => void> {
  vi.spyOn(api, "readEvents").mockImplementation(async function* (_, options) {
    const event = eventMessage(1);
    Object.assign(event.data, { key: NOTHING, value: NOTHING, headers: [], timestamp: 1 });
    yield event;
    await new Promise((_resolve, reject) => {
      options?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  });
  const { unmount } = render(<ExportDialog topic="orders" query={{}} onClose={() => {}} />);
  await act(async () => void fireEvent.click(screen.getByText("Export")));
  return unmount;
}

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.mocked(download).mockClear();
});

describe("ExportDialog", () => {
  it("hands over what there is when it is stopped", async () => {
    await exportUntilHeld();
    await act(async () => void fireEvent.click(screen.getByText("Stop and keep what there is")));
    expect(download).toHaveBeenCalledOnce();
    expect(screen.getByRole("status").textContent).toContain("because you stopped it");
  });

  it("hands over nothing when it is closed", async () => {
    const unmount = await exportUntilHeld();
    await act(async () => unmount());
    expect(download).not.toHaveBeenCalled();
  });
});
