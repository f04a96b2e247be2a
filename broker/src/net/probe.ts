/** What the network layer counts. */
import type { Counter, Family, MetricRegistry } from "#metrics/metric.ts";
import type { ByteBudget } from "./byte-budget.ts";

/** Why a connection ended. */
export type CloseReason =
  | "client"
  | "reset"
  | "badFrame"
  | "badRequest"
  | "refused"
  | "failure"
  | "frameTimeout"
  | "authenticationTimeout"
  | "idle"
  | "unread"
  | "unsentBytes"
  | "tooMany"
  | "tooManyFromAddress"
  | "stopping";

export class NetProbe {
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
  readonly accepted: Counter;
  readonly closed: Family<Counter>;
  /** Frames or requests that could not be decoded. */
  readonly decodeFailures: Counter;
  /** Requests that ended in a bug or a failed disk. */
  readonly requestFailures: Counter;
  /** Times a connection was not read because too much was under way. */
  readonly readPauses: Counter;
  openConnections = 0;
  /** Bytes of answers that wait to be sent, on all connections. */
  unsentBytes = 0;

  constructor(registry: MetricRegistry, budget: ByteBudget) {
    const name = (rest: string): string => `runnel_kafka_${rest}`;
    this.receivedBytes = registry.counter(name("received_bytes_total"), "Bytes from clients");
    this.sentBytes = registry.counter(name("sent_bytes_total"), "Bytes to clients");
    this.accepted = registry.counter(name("connections_accepted_total"), "Connections accepted");
    this.closed = registry.counters(
      name("connections_closed_total"),
      "Connections that ended, by the reason",
      "reason",
    );
    this.decodeFailures = registry.counter(
      name("decode_failures_total"),
      "Frames and requests that do not follow the protocol",
    );
    this.requestFailures = registry.counter(
      name("request_failures_total"),
      "Requests that met a bug or a failed disk",
    );
    this.readPauses = registry.counter(
      name("read_pauses_total"),
      "Times a connection was not read because too much was under way",
    );
    registry.gauge(name("connections"), "Connections now", () => this.openConnections);
    registry.gauge(
      name("unsent_bytes"),
      "Bytes of answers that wait to be sent now",
      () => this.unsentBytes,
    );
    registry.gauge(
      name("request_bytes"),
      "Bytes of requests held now, received in part or being answered",
      () => budget.heldBytes,
    );
    registry.gauge(
      name("in_flight_bytes"),
      "Bytes of requests that are being answered now",
      () => budget.inFlightBytes,
    );
  }
}
