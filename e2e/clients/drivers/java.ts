/** Kafka's own Java clients. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { compileJava, quietLogging } from "../../harness/kafka-home.ts";
import type { ClientKind } from "../calls.ts";
import { startRemoteClient } from "../remote-client.ts";

const folder = join(import.meta.dirname, "../java");
let classPath: Promise<string> | null = null;

export const javaKind: ClientKind = {
  name: "Java",
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  lacks: {},
  async start(bootstrap) {
    classPath ??= compileJava(readdirSync(folder).map((file) => join(folder, file)));
    return startRemoteClient("Java", [
      "java",
      "-Xmx256m",
      "-XX:TieredStopAtLevel=1",
      quietLogging,
      "-cp",
      await classPath,
      "Driver",
      bootstrap,
    ]);
  },
};
