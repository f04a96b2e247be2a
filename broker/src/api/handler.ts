/**
 * What a handler of one Kafka API is. It authorises, validates, calls one service and maps the outcome
 * to the response; it keeps no state. ApiVersions and the coverage page are derived from the list of
 * handlers, so what is not handled is not advertised.
 */
import type { Api, RequestOf, ResponseOf } from "@runnel/protocol/api.ts";
import type { Principal } from "#auth/authorizer.ts";

/** Where a request came from. */
export interface RequestContext {
  readonly apiVersion: number;
  /** What the client calls itself; empty when it did not say. At most 32,767 bytes, any characters. */
  readonly clientId: string;
  /** The client's address, as `/127.0.0.1` (the form Kafka's tools show). */
  readonly clientHost: string;
  readonly principal: Principal;
  /** Unique among the connections of this process. */
  readonly connectionId: number;
  /** Tells, at any time, whether the client has gone: then work for it can be left undone. */
  readonly connection: { readonly isGone: boolean };
  /** Name of the listener on which the connection arrived. */
  readonly listenerName: string;
  /** The address and port on which it arrived: what clients are told when nothing is configured. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Monotonic ms at which the request was read. */
  readonly receivedAt: number;
}

export interface Handler<A extends Api, Services> {
  readonly api: A;
  /** The versions served, within those of `api`. */
  readonly versions: readonly [min: number, max: number];
  /** What ApiVersions says, where it must say more (Produce, KAFKA-18659). */
  readonly advertised?: readonly [min: number, max: number];
  /**
   * Answers one request. Everything that must keep the order of requests of one connection happens
   * before the first `await`. `null` sends nothing (acks 0). A Kafka outcome is an error code in the
   * response; `ConnectionAbort` refuses where there is none. Any other rejection is a bug or a failed
   * disk, and closes the connection too.
   */
  handle(
    request: RequestOf<A>,
    services: Services,
    context: RequestContext,
  ): ResponseOf<A> | null | Promise<ResponseOf<A> | null>;
}
