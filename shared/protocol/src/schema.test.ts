import { describe, expect, expectTypeOf, it } from "vitest";
import {
  array,
  bigint64,
  type Decoded,
  hasVersion,
  type Input,
  int32,
  parseVersions,
  string,
  struct,
} from "./schema.ts";

describe("parseVersions()", () => {
  it.each([
    ["none", [0, -1]],
    ["4", [4, 4]],
    ["0-7", [0, 7]],
    ["3+", [3, 0x7fff]],
  ] as const)("reads %s", (text, range) => {
    expect(parseVersions(text)).toEqual(range);
  });

  it.each(["", "x", "1-", "-1", "1 - 2", "+3"])("refuses %j", (text) => {
    expect(() => parseVersions(text)).toThrow(TypeError);
  });
});

describe("hasVersion()", () => {
  it("answers by the range, or by the fallback where there is none", () => {
    expect([3, 4, 7, 8].map((version) => hasVersion("4-7", version, false))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(hasVersion(undefined, 3, true)).toBe(true);
    expect(hasVersion("none", 0, true)).toBe(false);
  });
});

describe("types", () => {
  const sample = {
    name: string(),
    note: string({ nullable: "0+" }),
    epoch: int32({ versions: "3+", default: -1 }),
    producerId: bigint64(),
    topics: array({ id: int32(), rack: string({ default: "" }) }, { nullable: "1+" }),
    leader: struct({ id: int32() }, { tag: 0, tagged: "1+" }),
  } as const;

  it("of decoded messages have all fields", () => {
    expectTypeOf<Decoded<typeof sample>>().toEqualTypeOf<{
      readonly name: string;
      readonly note: string | null;
      readonly epoch: number;
      readonly producerId: bigint;
      readonly topics: readonly { readonly id: number; readonly rack: string }[] | null;
      readonly leader: { readonly id: number };
    }>();
  });

  it("of messages to encode leave out what has a default, a tag or a version range", () => {
    expectTypeOf({
      name: "",
      note: null,
      producerId: 1n,
      topics: [{ id: 1 }],
    }).toExtend<Input<typeof sample>>();
    expectTypeOf({ name: "", note: null, producerId: 1n }).not.toExtend<Input<typeof sample>>();
    expectTypeOf({ name: "", note: null, producerId: 1, topics: null }).not.toExtend<
      Input<typeof sample>
    >();
  });
});
