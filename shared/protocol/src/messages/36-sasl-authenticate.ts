/**
 * SaslAuthenticate (key 36), v0–2: carries the tokens of a SASL exchange (KIP-152).
 *
 * v1 how long the session lives (KIP-368) · v2 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { bytes, int16, int64, string } from "../schema.ts";

export const SaslAuthenticateApi = defineApi({
  key: 36,
  name: "SaslAuthenticate",
  versions: [0, 2],
  flexible: 2,
  request: { authBytes: bytes() },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: "0+" }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ versions: "1+" }),
  },
});
