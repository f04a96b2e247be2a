/**
 * DescribeUserScramCredentials (key 50), v0: mechanisms and iterations, never secrets (KIP-554).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const DescribeUserScramCredentialsApi = defineApi({
  key: 50,
  name: "DescribeUserScramCredentials",
  versions: [0, 0],
  flexible: 0,
  request: { users: array({ name: string() }, { nullable: "0+" }) },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: "0+" }),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: "0+" }),
      credentialInfos: array({ mechanism: int8(), iterations: int32() }),
    }),
  },
});
