// @vitest-environment happy-dom
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { ClusterProvider } from "../../lib/cluster.tsx";
import { KeyVersion } from "./key-version.tsx";

vi.mock("./use-diff.ts", () => ({ useDiff: () => ({ kind: "done", differences: [] }) }));

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const payload: DecodedPayload = {
  decoder: "text",
  reason: "",
  text: "x",
  isTruncated: false,
  isExact: true,
  sizeBytes: 1,
  schemaId: null,
  notes: [],
  raw: null,
};
const version = (offset: number): DecodedRecord =>
  ({
    partition: 0,
    offset,
    timestamp: null,
    key: payload,
    value: payload,
    headers: [],
    batch: {},
  }) as unknown as DecodedRecord;

async function* oneOf(offset: number): AsyncGenerator<EventStreamMessage, void> {
  yield await Promise.resolve({ event: "event" as const, data: version(offset) });
}

const nothing = (): void => {};
function open(rows: readonly DecodedRecord[]): void {
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <ClusterProvider name="local" admin="">
        <KeyVersion
          topic="t"
          keyText="k"
          rows={rows}
          hasFirst={false}
          open="0@9"
          compared={null}
          onOpen={nothing}
          onCompare={nothing}
          onClose={nothing}
        />
      </ClusterProvider>
    </QueryClientProvider>,
  );
}

const afterRetry = async (): Promise<HTMLElement> => {
  fireEvent.click(await screen.findByRole("button", { name: "Try again" }));
  return screen.findByText("Different from the version before");
};

describe("KeyVersion", () => {
  it("tries again to read the version before, where that is what failed", async () => {
    let failures = 1;
    vi.spyOn(api, "readEvents").mockImplementation((input) => {
      const offset = Number(/\d+/.exec(input.query?.from ?? "")?.[0]);
      if (offset === 5 && failures-- > 0) throw new Error("broke off");
      return oneOf(offset);
    });
    open([version(9), version(5)]);
    expect(await afterRetry()).toBeTruthy();
  });

  it("says that the version before could not be looked up, and tries again", async () => {
    vi.spyOn(api, "readEvents").mockImplementation((input) =>
      oneOf(Number(/\d+/.exec(input.query?.from ?? "")?.[0])),
    );
    vi.spyOn(api, "readKey")
      .mockImplementationOnce(() => {
        throw new Error("broke off");
      })
      .mockImplementation(() => oneOf(5));
    open([version(9)]);
    expect(await afterRetry()).toBeTruthy();
  });
});
