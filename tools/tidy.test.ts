import { describe, expect, test } from "vitest";
import { tidy } from "./tidy.ts";

const README = "broker/src/log/README.md";

/** Checks a repository made of these files, with a README for the log folder. */
function check(files: Record<string, string>): string[] {
  return tidy(new Map(Object.entries({ [README]: "log", ...files })));
}

describe("tidy() import rules", () => {
  test("a lower layer may be imported by package name and by #folder", () => {
    expect(
      check({
        "shared/kit/src/assert.ts": "",
        "broker/src/log/segment.ts": 'import { assert } from "@runnel/kit/assert.ts";',
        "broker/src/node.ts": 'import { Segment } from "#log/segment.ts";',
      }),
    ).toEqual([]);
  });

  test("an import upward is reported with both layers", () => {
    expect(check({ "broker/src/log/a.ts": 'import type { A } from "#api/a.ts";' })).toEqual([
      "broker/src/log/a.ts: imports broker/src/api/a.ts (layer 8) from layer 3",
    ]);
  });

  test("a neighbour of the same layer is out of reach", () => {
    expect(check({ "broker/src/log/a.ts": 'export * from "#net/a.ts";' })).toHaveLength(1);
  });

  test("imports over several lines and dynamic ones are seen", () => {
    const text = 'import {\n  a,\n  b,\n} from "#node.ts";\nconst c = await import("#main.ts");';
    expect(check({ "broker/src/log/a.ts": text })).toHaveLength(2);
  });

  test("an application speaks over the wire; only the command and the test kit start a broker", () => {
    const text = 'import { createNode } from "@runnel/broker/node.ts";';
    expect(check({ "apps/loadgen/src/a.ts": text })).toHaveLength(1);
    expect(check({ "apps/runnel/src/a.ts": text, "apps/testing/src/a.ts": text })).toEqual([]);
  });

  test("relative paths stay inside their broker folder and their package", () => {
    expect(check({ "broker/src/node.ts": 'import "./log/a.ts";' })[0]).toContain("#folder/file.ts");
    const crossing = 'import { a } from "../../../shared/kit/src/a.ts";';
    expect(check({ "apps/runnel/src/a.ts": crossing })[0]).toContain("name the package");
  });

  test("files and sockets are opened in io/node alone", () => {
    const text = 'import { open } from "node:fs/promises";';
    expect(check({ "broker/src/node.ts": text })).toHaveLength(1);
    expect(check({ "broker/src/node.ts": 'import "#io/node/disk.ts";' })).toHaveLength(1);
    expect(check({ "broker/src/main.ts": 'import "#io/node/disk.ts";' })).toEqual([]);
  });

  test("the console knows the contracts of the admin API and nothing else of the broker", () => {
    const contracts = 'import { topic } from "@runnel/contracts/topics.ts";';
    const protocol = 'import { crc } from "@runnel/protocol/errors.ts";';
    expect(check({ "console/features/topics/a.tsx": contracts })).toEqual([]);
    expect(check({ "console/features/topics/a.tsx": protocol })).toHaveLength(1);
    expect(check({ "console/server/a.ts": protocol })).toHaveLength(1);
  });

  test("in the console app imports features, features ui, ui lib, and none the other way", () => {
    expect(
      check({
        "console/app/page.tsx": 'import { A } from "../features/topics/a.tsx";',
        "console/features/topics/a.tsx": 'import { B } from "../../ui/b.tsx";',
        "console/ui/b.tsx": 'import { c } from "../lib/c.ts";',
      }),
    ).toEqual([]);
    expect(check({ "console/lib/c.ts": 'import { B } from "../ui/b.tsx";' })).toHaveLength(1);
    expect(check({ "console/ui/b.tsx": 'import "../features/topics/a.tsx";' })).toHaveLength(1);
  });

  test("a feature of the console never imports another", () => {
    const text = 'import { a } from "../groups/a.ts";';
    expect(check({ "console/features/topics/a.tsx": text })).toEqual([
      "console/features/topics/a.tsx: imports console/features/groups/a.ts; a feature never imports another feature",
    ]);
    expect(check({ "console/features/topics/a.tsx": 'import "./b.ts";' })).toEqual([]);
  });

  test("a cycle between files is reported once, with its way", () => {
    const problems = check({
      "broker/src/log/a.ts": 'import { b } from "./b.ts";',
      "broker/src/log/b.ts": 'import { c } from "./c.ts";',
      "broker/src/log/c.ts": 'import { a } from "./a.ts";',
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("log/a.ts → broker/src/log/b.ts → broker/src/log/c.ts →");
  });
});

describe("tidy() file rules", () => {
  const lines = (count: number): string => "x;\n".repeat(count);

  test("sources end at 500 lines, tests at 800, fixtures and generated files nowhere", () => {
    expect(
      check({
        "shared/kit/src/a.ts": lines(500),
        "shared/kit/src/a.test.ts": lines(800),
        "shared/kit/generated/a.ts": lines(9_000),
        "shared/protocol/fixtures/a.ts": lines(9_000),
      }),
    ).toEqual([]);
    expect(check({ "shared/kit/src/a.ts": lines(501) })).toEqual([
      "shared/kit/src/a.ts: 501 lines, at most 500",
    ]);
    expect(check({ "shared/kit/src/a.test.ts": lines(801) })).toHaveLength(1);
  });

  test("a route of the console ends at 60 lines", () => {
    expect(check({ "console/app/page.tsx": lines(60) })).toEqual([]);
    expect(check({ "console/app/page.tsx": lines(61) })).toHaveLength(1);
  });

  test("each broker folder has a README of at most 40 lines", () => {
    expect(check({ "broker/src/net/a.ts": "" })).toEqual(["broker/src/net: has no README.md"]);
    expect(check({ [README]: lines(41) })).toHaveLength(1);
  });

  test("an error code stands in one table only, and comments do not count", () => {
    expect(
      check({
        "shared/kit/src/errors.ts": "/** RUNNEL_A: said of RUNNEL_A, */\nRUNNEL_A: 1,",
        "broker/src/log/errors.ts": 'x = ["RUNNEL_A", "RUNNEL_B"];',
      }),
    ).toEqual([
      "broker/src/log/errors.ts: error code RUNNEL_A is already in shared/kit/src/errors.ts",
    ]);
  });

  test("a Server Action in the console is reported", () => {
    const text = 'export async function save() {\n  "use server";\n}';
    expect(check({ "console/features/topics/a.tsx": text })).toHaveLength(1);
    expect(check({ "console/features/topics/a.tsx": '"use client";' })).toEqual([]);
  });

  test("a focused test is reported", () => {
    expect(check({ "shared/kit/src/a.test.ts": 'test.concurrent.only("x", f);' })).toHaveLength(1);
    expect(check({ "shared/kit/src/a.test.ts": "const only = state.only;" })).toEqual([]);
  });
});
