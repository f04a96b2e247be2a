// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { DeleteRecordsDialog } from "./delete-records-dialog.tsx";

type Answer = Awaited<ReturnType<typeof api.deleteRecords>>;

const onClose = vi.fn<() => void>();
const answers = new Map<string, (answer: Answer | Error) => void>();

const answerOf = (eventCount: number, error: string | null = null): Answer => ({
  isDryRun: true,
  eventCount,
  partitions: [
    { partition: 0, before: { logStart: 0 }, after: { logStart: eventCount }, eventCount, error },
  ],
});

const deleteButton = (): HTMLButtonElement =>
  screen.getByRole("button", { name: "Delete for good" });

beforeEach(() => {
  answers.clear();
  onClose.mockClear();
  vi.spyOn(api, "deleteRecords").mockImplementation(
    ({ body, query }) =>
      new Promise((resolve, reject) => {
        const name = query?.dryRun === true ? body.to.kind : "delete";
        answers.set(name, (answer) => {
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        });
      }),
  );
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <DeleteRecordsDialog topic="orders" onClose={onClose} />
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByLabelText("Type orders to confirm"), {
    target: { value: "orders" },
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function answer(name: string, value: Answer | Error): Promise<void> {
  await vi.waitFor(() => expect(answers.has(name)).toBe(true));
  answers.get(name)?.(value);
}

async function previewOffset(): Promise<void> {
  fireEvent.click(screen.getByRole("radio", { name: "Before an offset" }));
  fireEvent.change(screen.getByLabelText("Offset"), { target: { value: "12" } });
  await answer("offset", answerOf(12));
  await screen.findByText("12 events go");
  expect(deleteButton().disabled).toBe(false);
}

it("DeleteRecordsDialog takes no consent for what is not counted yet", async () => {
  await previewOffset();
  fireEvent.click(screen.getByRole("radio", { name: "All there are" }));
  expect(deleteButton().disabled).toBe(true);
  expect(screen.queryByText("12 events go")).toBeNull();
  expect(screen.queryByRole("table", { name: "Before and after" })).toBeNull();
  await answer("end", answerOf(5_000));
  await screen.findByText("5,000 events go");
  expect(deleteButton().disabled).toBe(false);
});

it("DeleteRecordsDialog deletes nothing where its preview was refused", async () => {
  await previewOffset();
  fireEvent.click(screen.getByRole("radio", { name: "All there are" }));
  await answer("end", new Error("no leader"));
  await screen.findByText("no leader");
  expect(deleteButton().disabled).toBe(true);
});

it("DeleteRecordsDialog stays open and says so where a partition refused", async () => {
  await previewOffset();
  fireEvent.click(deleteButton());
  await answer("delete", answerOf(0, "NOT_LEADER_OR_FOLLOWER"));
  await screen.findByText(/Partition 0: NOT_LEADER_OR_FOLLOWER/);
  expect(onClose).not.toHaveBeenCalled();
});
