import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { HeartbeatApi } from "@runnel/protocol/messages/12-heartbeat.ts";
import type { Schema } from "@runnel/protocol/schema.ts";
import { expect, test } from "vitest";
import { errorVisitor } from "./error-codes.ts";

function codesIn(schema: Schema, response: object): string[] {
  const found: string[] = [];
  errorVisitor(schema)(response, (code) => found.push(errorName(code)));
  return found;
}

test("errorVisitor() finds codes at the top and in nested lists, and passes over NONE", () => {
  const { UNKNOWN_MEMBER_ID, MESSAGE_TOO_LARGE, NONE } = ErrorCode;
  expect(codesIn(HeartbeatApi.response.schema, { errorCode: UNKNOWN_MEMBER_ID })).toEqual([
    "UNKNOWN_MEMBER_ID",
  ]);
  const produced = {
    responses: [
      { partitionResponses: [{ errorCode: NONE }, { errorCode: MESSAGE_TOO_LARGE }] },
      { partitionResponses: [{ errorCode: MESSAGE_TOO_LARGE }] },
    ],
  };
  expect(codesIn(ProduceApi.response.schema, produced)).toEqual([
    "MESSAGE_TOO_LARGE",
    "MESSAGE_TOO_LARGE",
  ]);
});

test("errorVisitor() takes lists that a version lacks for empty", () => {
  expect(codesIn(OffsetFetchApi.response.schema, { groups: null })).toEqual([]);
});
