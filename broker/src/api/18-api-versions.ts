/**
 * ApiVersions (key 18), v0–4: what this broker serves, said before anything else.
 *
 * v1 throttleTimeMs · v3 client software (KIP-511), features (KIP-584) · v4 features that begin at
 * version 0 (KAFKA-17011). The answer is derived from the list of handlers. A version above these never
 * gets here: `dispatch.ts` answers it in the form of v0. Errors: INVALID_REQUEST.
 */
import type { Api, ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import { FEATURES, FINALIZED_EPOCH } from "./features.ts";
import type { Handler } from "./handler.ts";

type ApiVersionsResponse = ResponseOf<typeof ApiVersionsApi>;

/** As much of a handler as its advertisement needs. */
export interface Served {
  readonly api: Pick<Api, "key">;
  readonly versions: readonly [min: number, max: number];
  readonly advertised?: readonly [min: number, max: number];
}

/** The first version in which clients can take a feature that begins at version 0. */
const ZERO_FEATURE_VERSION = 4;

/** What a client may call itself (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** `served` is asked at each request, so that a list can hold the handler made from it. */
export function createApiVersions(
  served: () => readonly Served[],
): Handler<typeof ApiVersionsApi, unknown> {
  return {
    api: ApiVersionsApi,
    versions: [0, 4],
    handle(request, _services, { apiVersion }) {
      const { clientSoftwareName: name, clientSoftwareVersion: version } = request;
      if (apiVersion >= 3 && !(SOFTWARE.test(name) && SOFTWARE.test(version))) {
        return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] };
      }
      return describe(served(), apiVersion);
    },
  };
}

function describe(served: readonly Served[], apiVersion: number): ApiVersionsResponse {
  return {
    errorCode: ErrorCode.NONE,
    apiKeys: served.map(advertise).sort((a, b) => a.apiKey - b.apiKey),
    supportedFeatures: FEATURES.filter(
      ({ minLevel }) => minLevel > 0 || apiVersion >= ZERO_FEATURE_VERSION,
    ).map(({ name, minLevel, maxLevel }) => ({
      name,
      minVersion: minLevel,
      maxVersion: maxLevel,
    })),
    finalizedFeaturesEpoch: FINALIZED_EPOCH,
    finalizedFeatures: FEATURES.filter(({ finalized }) => finalized > 0).map((feature) => ({
      name: feature.name,
      maxVersionLevel: feature.finalized,
      minVersionLevel: feature.finalized,
    })),
  };
}

function advertise({ api, versions, advertised }: Served): {
  apiKey: number;
  minVersion: number;
  maxVersion: number;
} {
  const [minVersion, maxVersion] = advertised ?? versions;
  return { apiKey: api.key, minVersion, maxVersion };
}

/** The answer to a version this broker does not know, in the form of v0: try again with these. */
export function unsupportedApiVersions(served: readonly Served[]): ApiVersionsResponse {
  const own = served.filter(({ api }) => api.key === ApiVersionsApi.key);
  return { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: own.map(advertise) };
}
