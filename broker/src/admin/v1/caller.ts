/** Who asks, and whether they may. */

import type { Actor } from "#audit/actor.ts";
import {
  ANONYMOUS,
  CLUSTER_RESOURCE,
  type Operation,
  type Principal,
  type ResourceType,
} from "#auth/authorizer.ts";
import { Refusal } from "../problem.ts";
import type { V1Services } from "./services.ts";

export interface Caller {
  readonly principal: Principal;
  /** The client's address, as `/127.0.0.1`. */
  readonly clientHost: string;
  /** The same for the audit log, which counts here what a request makes of entries. */
  readonly actor: Actor & { readonly told: { count: number } };
}

/** What a caller is known by. */
export interface Connection {
  readonly remoteAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly userAgent: string;
  /** What `X-Forwarded-For` claims; null without it. */
  readonly forwardedFor: string | null;
}

/** Nobody logs in yet: whoever reaches the port is the one that Kafka's plain listener knows. */
export function callerAt({
  remoteAddress,
  localPort = 0,
  userAgent,
  forwardedFor,
}: Connection): Caller {
  const host = remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
  const actor = {
    principal: ANONYMOUS,
    host,
    forwardedFor,
    via: "admin",
    listener: "admin",
    port: localPort,
    client: userAgent,
    connectionId: null,
    told: { count: 0 },
  } as const;
  return { principal: ANONYMOUS, clientHost: `/${host}`, actor };
}

export function isAllowed(
  { authorizer }: V1Services,
  { principal }: Caller,
  operation: Operation,
  type: ResourceType,
  name: string = CLUSTER_RESOURCE,
): boolean {
  return authorizer.allows(principal, operation, type, name);
}

/** Throws the refusal unless the caller may do `operation`. */
export function authorize(
  services: V1Services,
  caller: Caller,
  operation: Operation,
  type: ResourceType,
  name: string = CLUSTER_RESOURCE,
): void {
  if (isAllowed(services, caller, operation, type, name)) return;
  const { type: kind, name: who } = caller.principal;
  const what = type === "cluster" ? "the cluster" : `${type} ${name}`;
  throw new Refusal("forbidden", {
    detail: `${kind}:${who} is not allowed to ${operation} ${what}`,
    remedy: `Ask an administrator for the permission ${operation} on ${what}.`,
  });
}
