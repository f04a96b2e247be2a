#!/usr/bin/env node
/**
 * Fetches Apache Kafka (broker, clients, command-line tools) from Maven Central into a cache folder and prints that
 * folder, which is what `KAFKA_HOME` means to the benchmark and to the interoperability tests.
 *
 *   node tools/kafka/get-kafka.mjs [--version 4.3.1] [--streams]
 *
 * With `--streams` it is Kafka Streams, in a folder of its own: its state stores are large, and few need them.
 *
 * Needs `mvn` and Java 17. The second call with the same version only prints the path. Runs on Node 20, because it may be
 * called before the project's own Node is installed.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * The release that the tests run against when none is named: the newest that is complete. (4.4.0 has `kafka_2.13` on
 * Maven Central, but not `kafka-tools`, where the command-line tools live.)
 */
export const DEFAULT_VERSION = "4.3.1";

/** Where releases are kept: `<cache>/runnel/kafka-<version>`. */
export function kafkaHome(version = DEFAULT_VERSION) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "runnel", `kafka-${version}`);
}

/**
 * Makes sure that `libs/` of the given release is complete, and returns its home folder.
 * The download goes to a folder of its own and is renamed at the end, so an interrupted one is never mistaken for a good one.
 */
export function getKafka(version = DEFAULT_VERSION) {
  return fetchJars(kafkaHome(version), {
    what: `Apache Kafka ${version}`,
    artifacts: [
      ["org.apache.kafka", "kafka_2.13", version],
      ["org.apache.kafka", "kafka-tools", version],
      SLF4J,
    ],
    proof: `kafka_2.13-${version}.jar`,
  });
}

/** The same for Kafka Streams with the clients it needs, and nothing of the broker. */
export function getStreams(version = DEFAULT_VERSION) {
  return fetchJars(join(kafkaHome(version), "..", `kafka-streams-${version}`), {
    what: `Kafka Streams ${version}`,
    artifacts: [["org.apache.kafka", "kafka-streams", version], SLF4J],
    proof: `kafka-streams-${version}.jar`,
  });
}

/** Without a binding warnings would be lost; this one writes them to stderr. */
const SLF4J = ["org.slf4j", "slf4j-simple", "1.7.36"];

/** Makes sure that `home/libs` has `artifacts` and what they depend on; `proof` is one of the jars. */
function fetchJars(home, { what, artifacts, proof }) {
  if (existsSync(join(home, "libs"))) {
    return home;
  }
  const parent = join(home, "..");
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, "fetching-"));
  try {
    writeFileSync(join(work, "pom.xml"), pom(artifacts));
    process.stderr.write(`fetching ${what} from Maven Central into ${home}\n`);
    const run = spawnSync(
      "mvn",
      [
        "-q",
        "-B",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        "-DoutputDirectory=libs",
      ],
      { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    );
    if (run.error) {
      throw new Error(
        `cannot run mvn (${run.error.message}): install Maven and a Java 17 development kit`,
      );
    }
    if (run.status !== 0) {
      throw new Error(`mvn failed with status ${run.status}:\n${run.stdout}${run.stderr}`);
    }
    if (!readdirSync(join(work, "libs")).includes(proof)) {
      throw new Error(`Maven copied no ${proof} into ${join(work, "libs")}`);
    }
    mkdirSync(home, { recursive: true });
    try {
      renameSync(join(work, "libs"), join(home, "libs"));
    } catch (error) {
      // Another process may have finished the same release first; its copy is as good as ours.
      if (!existsSync(join(home, "libs"))) {
        throw error;
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return home;
}

function pom(artifacts) {
  const dependencies = artifacts.map(
    ([group, artifact, release]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${release}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>runnel.tools</groupId><artifactId>kafka-libs</artifactId><version>1</version>
  <dependencies>
    ${dependencies.join("\n    ")}
  </dependencies>
</project>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { values } = parseArgs({
      options: {
        version: { type: "string", default: DEFAULT_VERSION },
        streams: { type: "boolean", default: false },
      },
    });
    const get = values.streams ? getStreams : getKafka;
    process.stdout.write(`${get(values.version)}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
