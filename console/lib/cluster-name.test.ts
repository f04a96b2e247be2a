import { afterEach, expect, it, vi } from "vitest";
import { clusterPath } from "./cluster-name.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

it.each([
  ["local", "/c/local"],
  ["eu/west 1?%", "/c/eu%2Fwest%201%3F%25"],
])("clusterPath() of %j is %j", (name, path) => {
  vi.stubEnv("RUNNEL_CLUSTER", name);
  expect(clusterPath()).toBe(path);
});
