import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { describe, expect, it } from "vitest";
import {
  peekRequest,
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from "./headers.ts";
import { HeartbeatApi } from "./messages/12-heartbeat.ts";
import { ApiVersionsApi } from "./messages/18-api-versions.ts";

function request(version: number, clientId: string | null): Uint8Array {
  const writer = new ByteWriter();
  writeRequestHeader(writer, HeartbeatApi, version, { correlationId: 7, clientId });
  return writer.finish();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("request header", () => {
  it("keeps the int16 length of the client id in flexible versions, and gains tagged fields", () => {
    expect(hex(request(3, "me"))).toBe("000c" + "0003" + "00000007" + "00026d65");
    expect(hex(request(4, "me"))).toBe("000c" + "0004" + "00000007" + "00026d65" + "00");
    expect(hex(request(4, null))).toBe("000c" + "0004" + "00000007" + "ffff" + "00");
  });

  it("can be looked into before the version is known to be served", () => {
    const reader = new ByteReader(request(4, "me"));
    expect(peekRequest(reader)).toEqual({ apiKey: 12, apiVersion: 4 });
    expect(readRequestHeader(reader, HeartbeatApi, 4)).toEqual({
      requestApiKey: 12,
      requestApiVersion: 4,
      correlationId: 7,
      clientId: "me",
    });
    expect(reader.remaining).toBe(0);
  });
});

describe("response header", () => {
  it("has tagged fields in flexible versions, except that of ApiVersions (KIP-511)", () => {
    const sizes = [
      [HeartbeatApi, 3],
      [HeartbeatApi, 4],
      [ApiVersionsApi, 2],
      [ApiVersionsApi, 3],
    ] as const;
    const written = sizes.map(([api, version]) => {
      const writer = new ByteWriter();
      writeResponseHeader(writer, api, version, 9);
      const bytes = writer.finish();
      expect(readResponseHeader(new ByteReader(bytes), api, version)).toBe(9);
      return hex(bytes);
    });
    expect(written).toEqual(["00000009", "0000000900", "00000009", "00000009"]);
  });
});
