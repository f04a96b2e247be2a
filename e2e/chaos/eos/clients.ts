/** The programs that are killed and paused: one processor, written for three clients. */
import { join } from "node:path";
import { newestConfluentPython } from "../../clients/drivers/python.ts";
import { compileJava, quietLogging } from "../../harness/kafka-home.ts";

export type Command = readonly [string, ...string[]];

export interface ProcessorKind {
  /** Part of the names of topics and groups. */
  readonly name: string;
  /** How many share the input in a group. */
  readonly bankers: number;
  /** What runs it; its task is the last argument. */
  command(): Promise<Command>;
}

const here = (file: string): string => join(import.meta.dirname, file);

/** @platformatic/kafka: transactions as before KIP-890, one event in each. */
export const typescriptKind: ProcessorKind = {
  name: "typescript",
  bankers: 1,
  command: () => Promise.resolve([process.execPath, here("processor.ts")]),
};

/** librdkafka, the newest. */
export const librdkafkaKind: ProcessorKind = {
  name: "librdkafka",
  bankers: 2,
  command: async () => [await newestConfluentPython(), "-B", here("processor.py")],
};

/** Kafka's own client: transactions of KIP-890. */
export const javaKind: ProcessorKind = {
  name: "java",
  bankers: 2,
  async command() {
    const classPath = await compileJava([here("Processor.java")]);
    const flags = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", quietLogging];
    return ["java", ...flags, "-cp", classPath, "Processor"];
  },
};

export const allKinds = [typescriptKind, librdkafkaKind, javaKind] as const;
