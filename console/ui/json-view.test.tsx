// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OpenedJson } from "../lib/json-protocol.ts";
import { type JsonRow, JsonTree, whyNoTree } from "../lib/json-tree.ts";
import { JsonView } from "./json-view.tsx";

const toasts = vi.hoisted(() => [] as string[]);
vi.mock("./toast.tsx", () => ({
  toastDone: (title: string) => void toasts.push(title),
  toastFailed: (title: string) => void toasts.push(title),
}));

// The same tree without a worker, which there is none of here.
vi.mock("../lib/json-client.ts", () => ({
  JsonClient: class {
    #tree: JsonTree | null = null;
    async open(text: string): Promise<OpenedJson> {
      try {
        this.#tree = await Promise.resolve(new JsonTree(text));
      } catch (error) {
        throw new Error(whyNoTree(error));
      }
      return { rowCount: this.#tree.rowCount, repeatedNames: this.#tree.repeatedNames };
    }
    async rows(start: number, end: number): Promise<readonly JsonRow[]> {
      return Promise.resolve(this.#tree?.rows(start, end) ?? []);
    }
    async change(): Promise<number> {
      return Promise.resolve(this.#tree?.rowCount ?? 0);
    }
    async textOf(index: number): Promise<string> {
      return Promise.resolve(this.#tree?.textOf(index) ?? "");
    }
    close(): void {}
  },
}));

// Nothing has a size here, so that no row would be in sight.
vi.mock("@tanstack/react-virtual", () => ({
  useVirtualizer: ({ count }: { readonly count: number }) => ({
    getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index })),
    getTotalSize: () => count,
  }),
}));

beforeEach(() => {
  toasts.length = 0;
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function copyOf(json: string, name: string): Promise<string> {
  const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  render(<JsonView text={json} />);
  const row = await screen.findByText((_, node) => node?.textContent === `${name}: `);
  const item = row.closest("[role=treeitem]");
  fireEvent.click(item?.querySelector("[aria-haspopup=menu]") as Element);
  fireEvent.click(await screen.findByText("Copy the value"));
  await waitFor(() => expect(toasts).toEqual(["The value is copied"]));
  return write.mock.calls[0]?.[0] ?? "";
}

describe("JsonView", () => {
  it("copies all of a value, however little of it is shown", async () => {
    const long = `"${"x\n".repeat(2_000)}"`;
    expect(await copyOf(JSON.stringify({ long }), "long")).toBe(long);
  });

  it("copies an object as JSON, its numbers with every digit", async () => {
    expect(await copyOf('{"o":{"id":9007199254740993}}', "o")).toBe(
      '{\n  "id": 9007199254740993\n}',
    );
  });

  it("shows the last of a name that stands twice, and says so", async () => {
    render(<JsonView text='{"a":1,"a":2}' />);
    await screen.findByText("2");
    expect(screen.getByRole("note").textContent).toMatch(/only the last is here: a\./);
  });

  it("says of what is nested too deep that it is, and not that it is no JSON", async () => {
    render(<JsonView text={"[".repeat(20_000) + "]".repeat(20_000)} />);
    expect(await screen.findByText(/^It is nested too deep for a tree/)).toBeTruthy();
    cleanup();
    render(<JsonView text="{" />);
    expect(await screen.findByText(/^This is no JSON: /)).toBeTruthy();
  });
});
