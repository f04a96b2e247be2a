/**
 * `npm run docs:coverage`: writes `docs/kafka-coverage.md` from the list of handlers, so that the page
 * says what is served and nothing else; `--check` only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { handlers } from "@runnel/broker/api/handlers.ts";
import { APIS } from "@runnel/protocol/apis.ts";

const PAGE = fileURLToPath(new URL("../docs/kafka-coverage.md", import.meta.url));

/** What a page cannot learn from version numbers. */
const NOTES: ReadonlyMap<string, string> = new Map([
  ["Fetch", "requests that pose as a replica are refused"],
  ["FindCoordinator", "groups and transactional ids"],
  ["AddPartitionsToTxn", "from v4 for clients, too, where they may write"],
  ["DeleteRecords", "not for internal topics"],
  ["DescribeQuorum", "the one controller of a broker with embedded metadata"],
]);

/** The page as Markdown. */
export function coveragePage(): string {
  const served = new Map(handlers.map((handler) => [handler.api.key, handler]));
  const range = ([min, max]: readonly [number, number]) =>
    min === max ? `${min}` : `${min}–${max}`;
  const rows = handlers
    .toSorted((a, b) => a.api.key - b.api.key)
    .map((handler) => {
      const { key, name } = handler.api;
      const { advertised } = handler;
      const also = advertised === undefined ? "" : ` (advertised ${range(advertised)})`;
      return `| ${key} | ${name} | ${range(handler.versions)}${also} | ${NOTES.get(name) ?? ""} |`;
    });
  const missing = APIS.filter(({ key }) => !served.has(key)).map(
    ({ key, name }) => `${name} (${key})`,
  );
  return [
    "# Kafka APIs that Runnel serves",
    "",
    "Printed from the broker's list of handlers by `npm run docs:coverage`; ApiVersions answers from the",
    "same list.",
    "",
    "| key | API | versions | note |",
    "|---|---|---|---|",
    ...rows,
    "",
    `Described on the wire and not served yet: ${missing.join(", ")}. A client that asks for one of these`,
    "loses its connection, as with any broker that does not know an API.",
    "",
  ].join("\n");
}

if (import.meta.main) {
  const page = coveragePage();
  if (process.argv.includes("--check")) {
    const isCurrent = readFileSync(PAGE, "utf8") === page;
    if (!isCurrent) process.stderr.write("docs/kafka-coverage.md is old: npm run docs:coverage\n");
    process.exitCode = isCurrent ? 0 : 1;
  } else writeFileSync(PAGE, page);
}
