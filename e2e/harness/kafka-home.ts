/** Apache Kafka's jars, for its clients and command-line tools. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./child.ts";

const root = join(import.meta.dirname, "../..");
const FETCHED_WITHIN_MS = 280_000;

/** Keeps Kafka's tools from printing what they connect to at every step. */
export const quietLogging = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";

/** The class path of all jars, with the wildcard that `java` expands by itself. `KAFKA_HOME` or a download. */
export async function kafkaClassPath(): Promise<string> {
  const given = process.env["KAFKA_HOME"];
  if (given !== undefined && given !== "") {
    return join(given, "libs", "*");
  }
  return fetched();
}

/** The class path of Kafka Streams, always a download: `KAFKA_HOME` may be without it. */
export function streamsClassPath(): Promise<string> {
  return fetched("--streams");
}

async function fetched(...flags: readonly string[]): Promise<string> {
  const { stdout } = await run({
    name: "get-kafka",
    command: [process.execPath, join(root, "tools/kafka/get-kafka.mjs"), ...flags],
    withinMs: FETCHED_WITHIN_MS,
  });
  return join(stdout.trim(), "libs", "*");
}

/**
 * Compiles Java sources and returns a class path with the classes and the jars of `classPath`. The classes are kept beside Kafka, by the
 * digest of their sources, as compiling takes longer than most tests.
 */
export async function compileJava(
  sources: readonly string[],
  classPath: Promise<string> = kafkaClassPath(),
): Promise<string> {
  const libs = await classPath;
  const texts = await Promise.all(sources.map((source) => readFile(source, "utf8")));
  const digest = createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
  const parent = join(libs, "../..");
  const classes = join(parent, `classes-${digest}`);
  if (!existsSync(classes)) {
    const work = await mkdtemp(join(parent, "compiling-"));
    await run({
      name: "javac",
      command: ["javac", "-J-Xmx256m", "-nowarn", "-d", work, "-cp", libs, ...sources],
      withinMs: 120_000,
    }).catch(async (error: unknown) => {
      await rm(work, { recursive: true });
      throw error;
    });
    await rename(work, classes);
  }
  return `${classes}:${libs}`;
}
