/** What users of `startBroker` see: these types are published, so they lean on nothing of the broker. */

/** How `startBroker` differs from a broker in memory on any free port. */
export interface BrokerOptions {
  /**
   * Settings of the broker by Kafka's names, over the defaults for tests:
   * `{ "num.partitions": 3, "auto.create.topics.enable": false }`. Environment variables are not read.
   */
  readonly config?: Readonly<Record<string, SettingValue>>;
  /**
   * Keeps topics, records and groups in this folder, which is made where it is missing; a later broker
   * with the same folder goes on with them. Without it everything is in memory and ends with the broker.
   */
  readonly folder?: string;
  /** A port of 127.0.0.1 instead of any that is free. */
  readonly port?: number;
  /** Takes what the broker has to say, line by line; `console.error` will do. Silent without it. */
  readonly log?: LogSink;
}

/** A running broker. `await using` stops it at the end of the scope. */
export interface TestBroker {
  /** `127.0.0.1:PORT`, as clients take it. */
  readonly bootstrap: string;
  readonly host: string;
  readonly port: number;
  /** What clients are told as the id of the cluster; a folder keeps it. */
  readonly clusterId: string;
  /** Ends connections, timers and files. Later calls wait for the same end. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** As text, it may have a unit: `"16 MiB"`, `"2 h"`. */
export type SettingValue = string | number | boolean;

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Called once for every line; `fields` are the values that belong to it. */
export type LogSink = (
  level: LogLevel,
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;
