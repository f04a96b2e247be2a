/** What AlterConfigs and IncrementalAlterConfigs have in common: who may, what is done, what is answered. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Refused } from "#audit/changes.ts";
import { configResource } from "#audit/entries.ts";
import type { ConfigRequest, ConfigResult } from "#controller/change-configs.ts";
import { failed } from "#controller/outcome.ts";
import { actorOf } from "./actor.ts";
import type { AdminServices } from "./admin-services.ts";
import { configAuthorization, NOT_AUTHORIZED } from "./config-resources.ts";
import type { RequestContext } from "./handler.ts";

export interface ResourceAnswer {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

/** Answers in the order of `requests`; a request that is an outcome already is passed on as it is. */
export async function alterResources(
  { authorizer, changes }: AdminServices,
  context: RequestContext,
  requests: readonly (ConfigRequest | ConfigResult)[],
  isValidateOnly: boolean,
): Promise<readonly ResourceAnswer[]> {
  const checked = requests.map((request): ConfigRequest | ConfigResult => {
    const { principal } = context;
    const errorCode = configAuthorization(authorizer, principal, "alterConfigs", request);
    if (errorCode === ErrorCode.NONE) return request;
    return { type: request.type, name: request.name, ...failed(errorCode, NOT_AUTHORIZED) };
  });
  const good = checked.filter((one): one is ConfigRequest => "changes" in one);
  const actor = actorOf(context);
  const refused = checked.filter((one): one is ConfigResult => !("changes" in one));
  if (!isValidateOnly) await changes.refuse(actor, refused.map(refusalOf));
  const results = [...(await changes.alterConfigs(actor, good, { isValidateOnly }))].values();
  return checked.map((one) => {
    const { type, name, errorCode, message } = "changes" in one ? nextOf(results, one) : one;
    return { errorCode, errorMessage: message, resourceType: type, resourceName: name };
  });
}

function refusalOf({ type, name, errorCode, message }: ConfigResult): Refused {
  const resource = configResource({ type, name });
  return { operation: "config.change", resource, errorCode, message };
}

function nextOf(results: Iterator<ConfigResult>, { type, name }: ConfigRequest): ConfigResult {
  const next = results.next();
  if (next.done !== true) return next.value;
  return { type, name, ...failed(ErrorCode.UNKNOWN_SERVER_ERROR, "no answer was made") };
}
