import { describe, expect, expectTypeOf, it } from "vitest";
import {
  defineApi,
  type RequestInputOf,
  type RequestOf,
  type ResponseDecodedOf,
  type ResponseOf,
} from "./api.ts";
import { int16, int32, string } from "./schema.ts";

const SampleApi = defineApi({
  key: 99,
  name: "Sample",
  versions: [1, 3],
  flexible: 2,
  request: { groupId: string(), instanceId: string({ versions: "3+", nullable: "3+" }) },
  response: { throttleTimeMs: int32({ versions: "1+" }), errorCode: int16() },
});

describe("defineApi()", () => {
  it("names both messages after the API", () => {
    expect([SampleApi.request.name, SampleApi.response.name]).toEqual([
      "SampleRequest",
      "SampleResponse",
    ]);
  });

  it("takes the headers' versions from the first flexible version", () => {
    expect([1, 2, 3].map((version) => SampleApi.requestHeaderVersion(version))).toEqual([1, 2, 2]);
    expect([1, 2, 3].map((version) => SampleApi.responseHeaderVersion(version))).toEqual([0, 1, 1]);
  });

  it("gives types for both ends of a connection", () => {
    type Request = { readonly groupId: string; readonly instanceId: string | null };
    type Response = { readonly throttleTimeMs: number; readonly errorCode: number };
    expectTypeOf<RequestOf<typeof SampleApi>>().toEqualTypeOf<Request>();
    expectTypeOf<ResponseDecodedOf<typeof SampleApi>>().toEqualTypeOf<Response>();
    expectTypeOf({ errorCode: 0 }).toExtend<ResponseOf<typeof SampleApi>>();
    expectTypeOf({ groupId: "g" }).toExtend<RequestInputOf<typeof SampleApi>>();
    expectTypeOf({ instanceId: null }).not.toExtend<RequestInputOf<typeof SampleApi>>();
  });
});
