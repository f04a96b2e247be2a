import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const CONSOLE = join(import.meta.dirname, "..");
/** Of `var` and of the short form in the name of a class. */
const USED = /(?:var|-)\(--([a-z0-9-]+)[,)]/g;

test("every variable that styles use is defined in globals.css", () => {
  const globals = readFileSync(join(CONSOLE, "app/globals.css"), "utf8");
  const defined = new Set([...globals.matchAll(/--([a-z0-9-]+):/g)].map(([, name]) => name));
  const files = globSync("{app,features,ui}/**/*.{ts,tsx,css}", { cwd: CONSOLE });
  const unknown = files.flatMap((file) =>
    [...readFileSync(join(CONSOLE, file), "utf8").matchAll(USED)]
      .filter(([, name]) => !defined.has(name))
      .map(([text]) => `${file}: ${text}`),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(unknown).toEqual([]);
});
