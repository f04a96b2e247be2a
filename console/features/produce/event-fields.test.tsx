// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { EMPTY_EVENT, type EventDraft, problemsOf, toRecord } from "./draft.ts";
import { EventFields } from "./event-fields.tsx";

afterEach(cleanup);

const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
const START: EventDraft = { ...EMPTY_EVENT, value: "{}" };
const latest = { draft: START };

function Harness(): ReactNode {
  const [draft, setDraft] = useState(START);
  const change = (next: EventDraft): void => {
    latest.draft = next;
    setDraft(next);
  };
  return (
    <QueryClientProvider client={client}>
      <EventFields
        topic="orders"
        onTopic={() => undefined}
        draft={draft}
        onChange={change}
        problems={problemsOf(draft)}
      />
    </QueryClientProvider>
  );
}

describe("EventFields", () => {
  it("keeps an event from being written now where its time is no time", () => {
    render(<Harness />);
    const input: HTMLInputElement = screen.getByLabelText("Timestamp; empty: now");
    fireEvent.change(input, { target: { value: "2026-11-24T05:37Z" } });
    expect(toRecord(latest.draft).timestamp).toBe(Date.parse("2026-11-24T05:37Z"));
    fireEvent.change(input, { target: { value: "tomorrow" } });
    expect(problemsOf(latest.draft).has("timestamp")).toBe(true);
    expect(screen.getByText(/^Write a time/)).toBeDefined();
    expect(input.value).toBe("tomorrow");
    fireEvent.change(input, { target: { value: "" } });
    expect(problemsOf(latest.draft).size).toBe(0);
  });
});
