/**
 * AlterUserScramCredentials (key 51), v0: sets and removes salted passwords (KIP-554).
 */
import { defineApi } from "../api.ts";
import { array, bytes, int8, int16, int32, string } from "../schema.ts";

export const AlterUserScramCredentialsApi = defineApi({
  key: 51,
  name: "AlterUserScramCredentials",
  versions: [0, 0],
  flexible: 0,
  request: {
    deletions: array({ name: string(), mechanism: int8() }),
    upsertions: array({
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: "0+" }),
    }),
  },
});
