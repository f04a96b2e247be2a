#!/usr/bin/env node
/**
 * Fetches Apache Kafka (broker, clients, command-line tools) from Maven Central into a cache folder and prints that
 * folder, which is what `KAFKA_HOME` means to the benchmark and to the interoperability tests.
 *
 *   node tools/kafka/get-kafka.mjs [--version 4.3.1]
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
  const home = kafkaHome(version);
  if (existsSync(join(home, "libs"))) {
    return home;
  }
  const parent = join(home, "..");
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, "fetching-"));
  try {
    writeFileSync(join(work, "pom.xml"), pom(version));
    process.stderr.write(`fetching Apache Kafka ${version} from Maven Central into ${home}\n`);
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
    if (!readdirSync(join(work, "libs")).includes(`kafka_2.13-${version}.jar`)) {
      throw new Error(`Maven copied no kafka_2.13-${version}.jar into ${join(work, "libs")}`);
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

/** `slf4j-simple` is there so that the server's warnings reach stderr; without a binding they would be lost. */
function pom(version) {
  const dependency = (group, artifact, release) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${release}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>runnel.tools</groupId><artifactId>kafka-libs</artifactId><version>1</version>
  <dependencies>
    ${dependency("org.apache.kafka", "kafka_2.13", version)}
    ${dependency("org.apache.kafka", "kafka-tools", version)}
    ${dependency("org.slf4j", "slf4j-simple", "1.7.36")}
  </dependencies>
</project>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { values } = parseArgs({
      options: { version: { type: "string", default: DEFAULT_VERSION } },
    });
    process.stdout.write(`${getKafka(values.version)}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
