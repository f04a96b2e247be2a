import type { Config } from "@runnel/contracts/configs.ts";
import { describe, expect, it } from "vitest";
import { ownConfigs, startNote } from "./own-configs.ts";

const config = (change: Partial<Config>): Config =>
  ({
    name: "a",
    value: "3",
    origin: "dynamicBroker",
    inherited: "2",
    default: "1",
    ...change,
  }) as Config;

const layers: Config["layers"] = [
  { origin: "dynamicBroker", name: "a", value: "3" },
  { origin: "dynamicDefault", name: "a", value: "2" },
  { origin: "static", name: "a", value: "9" },
];

describe("ownConfigs()", () => {
  it("has what this broker sets itself, or what all are set to", () => {
    const all = [config({ value: "2", origin: "dynamicDefault" })];
    expect(ownConfigs("broker", [config({ layers })], all)).toMatchObject([
      { own: "3", config: { inherited: "2" } },
    ]);
    expect(ownConfigs("all", [config({ layers })], all)).toMatchObject([
      { own: "2", config: { inherited: "9" } },
    ]);
    expect(ownConfigs("all", [config({ layers: [] })], [])).toMatchObject([
      { own: null, config: { inherited: "1" } },
    ]);
  });
});

describe("startNote()", () => {
  it("names the variable as the broker reads it", () => {
    expect(startNote("log.dirs")).toContain(" RUNNEL_LOG_DIRS,");
    expect(startNote("runnel.tail.cache.bytes")).toContain(" RUNNEL_TAIL_CACHE_BYTES,");
  });
});
