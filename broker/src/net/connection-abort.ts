/**
 * Refuses a request that takes no answer (Produce with acks 0): ending the connection is the one way to
 * tell its client, as with Kafka.
 */
export class ConnectionAbort extends Error {
  override name = "ConnectionAbort";
}
