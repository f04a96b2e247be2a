/** Who a request is from, for the audit log. */
import type { Actor } from "#audit/actor.ts";
import type { RequestContext } from "./handler.ts";

export function actorOf(context: RequestContext): Actor {
  const { principal, clientHost, listenerName, localPort, clientId, connectionId } = context;
  return {
    principal,
    host: clientHost,
    via: "kafka",
    listener: listenerName,
    port: localPort,
    client: clientId,
    connectionId,
  };
}
