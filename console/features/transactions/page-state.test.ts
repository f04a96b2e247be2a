import { describe, expect, it } from "vitest";
import { heldParams, type IdState, idParams, parsePlace, printPlace } from "./page-state.ts";

const NOTHING: IdState = {
  q: "",
  state: null,
  longer: null,
  producer: "",
  sort: "runningMs",
  order: "desc",
};
const ORDER = { sort: "runningMs", order: "desc" };

describe("idParams()", () => {
  it("asks for everything where nothing is said", () => expect(idParams(NOTHING)).toEqual(ORDER));

  it("has each filter, an age in ms", () => {
    const state = { ...NOTHING, q: "pay", state: "Ongoing", longer: 60, producer: "12" } as const;
    expect(idParams(state)).toEqual({
      ...ORDER,
      filter: "pay",
      state: "Ongoing",
      longerThanMs: 60_000,
      producerId: "12",
    });
  });

  it.each([["abc"], ["-1"], ["007"], ["99999999999999999999"]])(
    "leaves out the producer id %j, which is none",
    (producer) => expect(idParams({ ...NOTHING, producer })).toEqual(ORDER),
  );

  it("leaves out an age that is none", () =>
    expect(idParams({ ...NOTHING, longer: -5 })).toEqual(ORDER));
});

describe("heldParams()", () => {
  const state = { q: "", hanging: false, sort: "heldCount", order: "desc" } as const;
  it("asks for what hangs only where that is said", () => {
    expect(heldParams(state)).toEqual({ sort: "heldCount", order: "desc" });
    expect(heldParams({ ...state, hanging: true, q: "ord" })).toMatchObject({
      hanging: true,
      filter: "ord",
    });
  });
});

describe("parsePlace()", () => {
  it("reads what printPlace() writes", () => {
    const place = { topic: "a.b_c-d", partition: 12 };
    expect(parsePlace(printPlace(place))).toEqual(place);
  });

  it.each([[null], [""], ["orders"], ["orders/"], ["orders/x"], ["a/b/1"], ["/1"], ["orders/-1"]])(
    "finds no place in %j",
    (text) => expect(parsePlace(text)).toBeNull(),
  );
});
