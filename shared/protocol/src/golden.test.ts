/**
 * Bytes that real clients and Apache Kafka exchanged: decoding and encoding them again must give the
 * same bytes, header included. See `fixtures/` for which client sent what.
 */
import { readdirSync, readFileSync } from "node:fs";
import { assert } from "@runnel/kit/assert.ts";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { describe, expect, it } from "vitest";
import type { Api } from "./api.ts";
import { API_BY_KEY, APIS } from "./apis.ts";
import {
  RequestHeader,
  readRequestHeader,
  readResponseHeader,
  writeResponseHeader,
} from "./headers.ts";

interface Fixture {
  readonly path: string;
  readonly api: Api;
  readonly version: number;
  readonly client: string;
  readonly kind: "request" | "response";
}

const FIXTURES_URL = new URL("../fixtures/", import.meta.url);

function fixtures(): Fixture[] {
  return readdirSync(FIXTURES_URL, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(new URL(`${name}/`, FIXTURES_URL)).map((file) => fixtureOf(name, file)),
    );
}

function fixtureOf(folder: string, file: string): Fixture {
  const match = /^v(\d+)-(.+)\.(request|response)\.hex$/.exec(file);
  const api = API_BY_KEY.get(Number.parseInt(folder, 10));
  if (match === null || api === undefined) throw new Error(`what is fixtures/${folder}/${file}?`);
  const [, version, client, kind] = match as unknown as [string, string, string, Fixture["kind"]];
  return { path: `${folder}/${file}`, api, version: Number(version), client, kind };
}

/** What becomes of a captured frame on the way through our codecs. */
function roundTrip(given: string, { api, version, kind }: Fixture): string {
  const reader = new ByteReader(new Uint8Array(Buffer.from(given, "hex")));
  const writer = new ByteWriter();
  if (kind === "request") {
    const header = readRequestHeader(reader, api, version);
    RequestHeader.write(writer, api.requestHeaderVersion(version), header);
    api.request.write(writer, version, api.request.read(reader, version));
  } else {
    writeResponseHeader(writer, api, version, readResponseHeader(reader, api, version));
    api.response.write(writer, version, api.response.read(reader, version));
  }
  assert(reader.remaining === 0, `${reader.remaining} bytes were not decoded`);
  return Buffer.from(writer.finish()).toString("hex");
}

const ALL = fixtures();

describe("golden", () => {
  it.each(ALL.map((fixture) => [fixture.path, fixture] as const))("%s", (path, fixture) => {
    const given = readFileSync(new URL(path, FIXTURES_URL), "utf8").trim();
    expect(roundTrip(given, fixture)).toBe(given);
  });

  it("has both directions of every exchange, except where no answer is sent", () => {
    const paths = new Set(ALL.map(({ path }) => path));
    const alone = [...paths].filter((path) => {
      const other = path.includes(".request.")
        ? path.replace(".request.", ".response.")
        : path.replace(".response.", ".request.");
      return !paths.has(other);
    });
    expect(alone).toEqual([]);
  });

  it("says which APIs it covers", () => {
    const byApi = Map.groupBy(ALL, ({ api }) => api.key);
    const missing = APIS.filter(({ key }) => !byApi.has(key)).map(({ name }) => name);
    process.stdout.write(
      `golden: ${ALL.length} messages of ${byApi.size} APIs, by ${[
        ...new Set(ALL.map(({ client }) => client)),
      ]
        .toSorted()
        .join(", ")}; none of ${missing.join(", ") || "the others: there are no others"}\n`,
    );
    expect(byApi.size).toBeGreaterThan(0);
  });
});
