/** Transactional producers in other languages: a program for each broker, producers by name in it. */
import { join } from "node:path";
import { buildGo } from "../clients/drivers/franz-go.ts";
import {
  CONFLUENT_VERSION,
  DEBIAN_PYTHON,
  newestConfluentPython,
} from "../clients/drivers/python.ts";
import { type Remote, startRemote } from "../clients/remote-client.ts";
import { compileJava, quietLogging } from "../harness/kafka-home.ts";
import type { ProducerOptions, TransactionalClient, TransactionalProducer } from "./clients.ts";

type Command = readonly [string, ...string[]];

class RemoteTransactions implements TransactionalClient {
  readonly name: string;
  readonly lacksOffsets?: string;
  readonly #command: () => Promise<Command>;
  readonly #programs = new Map<string, Promise<Remote>>();
  #lastProducer = 0;

  constructor(name: string, command: () => Promise<Command>, lacksOffsets?: string) {
    this.name = name;
    this.#command = command;
    if (lacksOffsets !== undefined) this.lacksOffsets = lacksOffsets;
  }

  async start(
    bootstrap: string,
    transactionalId: string,
    options: ProducerOptions = {},
  ): Promise<TransactionalProducer> {
    const program = this.#programs.get(bootstrap) ?? this.#startProgram(bootstrap);
    this.#programs.set(bootstrap, program);
    const remote = await program;
    this.#lastProducer += 1;
    const producer = `p${this.#lastProducer}`;
    const call = async (name: string, args: object = {}): Promise<void> => {
      await remote.call(name, { producer, ...args });
    };
    await call("start", { transactionalId, timeoutMs: 30_000, ...options });
    return {
      async begin() {
        await call("begin");
        return {
          send: (topic, partition, value) => call("send", { topic, partition, value }),
          sendOffset: (place) => call("sendOffset", place),
          commit: () => call("commit"),
          abort: () => call("abort"),
        };
      },
      // Of a program that was killed there is nothing left to close.
      [Symbol.asyncDispose]: () => call("close").catch(() => {}),
    };
  }

  async stop(): Promise<void> {
    for (const program of this.#programs.values()) await (await program)[Symbol.asyncDispose]();
    this.#programs.clear();
  }

  async #startProgram(bootstrap: string): Promise<Remote> {
    const [program, ...args] = await this.#command();
    return startRemote(this.name, [program, ...args, bootstrap]);
  }
}

const script = join(import.meta.dirname, "python/transaction_driver.py");

/** librdkafka 2.0.2: the protocol as it was before KIP-890. */
export const librdkafkaTransactions = new RemoteTransactions("librdkafka 2.0", () =>
  Promise.resolve([DEBIAN_PYTHON, "-B", script]),
);

export const newestLibrdkafkaTransactions = new RemoteTransactions(
  `confluent-kafka ${CONFLUENT_VERSION}`,
  async () => [await newestConfluentPython(), "-B", script],
);

/** Kafka's own client, which speaks the protocol of KIP-890. */
export const javaTransactions = new RemoteTransactions("Java", async () => {
  const classPath = await compileJava([join(import.meta.dirname, "java/TransactionDriver.java")]);
  const flags = ["-Xmx256m", "-XX:TieredStopAtLevel=1", quietLogging];
  return ["java", ...flags, "-cp", classPath, "TransactionDriver"];
});

/** It speaks the protocol of KIP-890, too. */
export const franzGoTransactions = new RemoteTransactions(
  "franz-go",
  async () => [await buildGo("franz-go-transactions", "./transactions")],
  "it commits offsets of what a session of its own has read",
);
