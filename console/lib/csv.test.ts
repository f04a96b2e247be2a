import { describe, expect, it } from "vitest";
import { toCsv } from "./csv.ts";

describe("toCsv()", () => {
  it("ends every line with CR LF, and no spreadsheet calculates what is in it", () => {
    expect(
      toCsv(
        ["a", "b"],
        [
          ["1", "x,y"],
          ["=1+1", ""],
        ],
      ),
    ).toBe('a,b\r\n1,"x,y"\r\n\'=1+1,\r\n');
  });
});
