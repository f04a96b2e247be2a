// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createStored, textsOf } from "./stored.ts";

const KEY = "test-words";
const create = () => createStored(KEY, (json) => textsOf(json, 10));
const put = (...words: string[]): void => localStorage.setItem(KEY, JSON.stringify(words));

beforeEach(() => localStorage.clear());
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it("createStored() sees what another tab wrote while nobody listened, and loses none of it", () => {
  put("a");
  const words = create();
  expect(words.read()).toEqual(["a"]);
  put("a", "b");
  words.write([...words.read(), "c"]);
  expect(words.read()).toEqual(["a", "b", "c"]);
});

it("createStored() shows it to the first who listens", () => {
  put("a");
  const words = create();
  const first = renderHook(words.use);
  first.unmount();
  put("a", "b");
  expect(renderHook(words.use).result.current).toEqual(["a", "b"]);
});

it("createStored() follows other tabs, also where they clear all", () => {
  put("a");
  const { result } = renderHook(create().use);
  act(() => {
    put("b");
    dispatchEvent(new StorageEvent("storage", { key: KEY }));
  });
  expect(result.current).toEqual(["b"]);
  act(() => {
    localStorage.clear();
    dispatchEvent(new StorageEvent("storage", { key: null }));
  });
  expect(result.current).toEqual([]);
});

it("createStored() answers with the same value until it changes", () => {
  put("a");
  const words = create();
  expect(words.read()).toBe(words.read());
});

it("createStored() keeps for this page what the browser does not", () => {
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new Error("full");
  });
  const words = create();
  words.write(["a"]);
  expect(words.read()).toEqual(["a"]);
});
