/**
 * SaslHandshake (key 17), v0–1: chooses the SASL mechanism (KIP-43).
 *
 * v0 bare tokens follow, without any Kafka header · v1 they travel in SaslAuthenticate (KIP-152).
 */
import { defineApi } from "../api.ts";
import { array, int16, string } from "../schema.ts";

export const SaslHandshakeApi = defineApi({
  key: 17,
  name: "SaslHandshake",
  versions: [0, 1],
  flexible: null,
  request: { mechanism: string() },
  response: { errorCode: int16(), mechanisms: array(string()) },
});
