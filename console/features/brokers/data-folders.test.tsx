// @vitest-environment happy-dom
import type { DataFolder } from "@runnel/contracts/cluster.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { DataFolders } from "./data-folders.tsx";

afterEach(cleanup);

const folder = (path: string, error: string | null): DataFolder => ({
  path,
  error,
  partitionCount: error === null ? 3 : 0,
  sizeBytes: 2048,
  totalBytes: error === null ? 100 : null,
  freeBytes: error === null ? 40 : null,
});

it("shows one folder in service nowhere but in the numbers above", () => {
  render(<DataFolders folders={[folder("/a", null)]} />);
  expect(screen.queryByRole("table")).toBeNull();
});

it("shows several with their state, and why one is offline", () => {
  render(<DataFolders folders={[folder("/a", null), folder("/b", "sync failed: EIO")]} />);
  const [, first, second] = screen.getAllByRole("row");
  expect(first?.textContent).toMatch(/^\/aonline3/);
  expect(second?.textContent).toMatch(/^\/bofflinesync failed: EIO0/);
  expect(screen.getAllByRole("meter")).toHaveLength(1);
});

it("shows a single folder that is offline", () => {
  render(<DataFolders folders={[folder("/a", "read-only")]} />);
  expect(screen.getByText("read-only")).toBeDefined();
});
