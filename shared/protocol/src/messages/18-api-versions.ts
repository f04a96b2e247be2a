/**
 * ApiVersions (key 18), v0–4: what the broker serves; the first request of every connection.
 *
 * v1 throttle time (KIP-124) · v3 flexible, client software (KIP-511), features (KIP-584) · v4 features
 * may begin at version 0 (KAFKA-17011). The response header stays v0 in all versions, and a version the
 * broker does not know is answered with the v0 body (KIP-511).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, int64, string } from "../schema.ts";

export const ApiVersionsApi = defineApi({
  key: 18,
  name: "ApiVersions",
  versions: [0, 4],
  flexible: 3,
  request: {
    clientSoftwareName: string({ versions: "3+" }),
    clientSoftwareVersion: string({ versions: "3+" }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array({ apiKey: int16(), minVersion: int16(), maxVersion: int16() }),
    throttleTimeMs: int32({ versions: "1+" }),
    supportedFeatures: array(
      { name: string(), minVersion: int16(), maxVersion: int16() },
      { versions: "3+", tag: 0, tagged: "3+" },
    ),
    finalizedFeaturesEpoch: int64({ versions: "3+", default: -1, tag: 1, tagged: "3+" }),
    finalizedFeatures: array(
      { name: string(), maxVersionLevel: int16(), minVersionLevel: int16() },
      { versions: "3+", tag: 2, tagged: "3+" },
    ),
    zkMigrationReady: bool({ versions: "3+", tag: 3, tagged: "3+" }),
  },
});
