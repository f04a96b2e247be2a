import { describe, expect, it } from "vitest";
import { parseResource, printResource } from "./audit-state.ts";

describe("parseResource() and printResource()", () => {
  it.each(["topic:orders", "topic:", "group:a:b c", "broker:default"])("%s comes back", (text) =>
    expect(printResource(parseResource(text))).toBe(text),
  );

  it.each([null, "", "orders", "user:me"])("%j is no resource", (text) =>
    expect(parseResource(text)).toEqual({ kind: null, name: "" }),
  );
});
