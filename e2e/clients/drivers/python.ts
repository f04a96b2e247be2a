/** Python clients: Debian's packages under `/usr/bin/python3`, and any interpreter for newer ones. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../../harness/child.ts";
import type { ClientKind, Lacks } from "../calls.ts";
import { startRemoteClient } from "../remote-client.ts";

export const CONFLUENT_VERSION = "2.16.1";
const INSTALLED_WITHIN_MS = 240_000;
export const DEBIAN_PYTHON = "/usr/bin/python3";
const folder = join(import.meta.dirname, "../python");

const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
let environment: Promise<string> | null = null;

const command = (
  python: string,
  script: string,
  bootstrap: string,
): readonly [string, ...string[]] => [python, "-B", join(folder, script), bootstrap];

const kind = (name: string, python: string, script: string, lacks: Lacks): ClientKind => ({
  name,
  codecs,
  lacks,
  start: async (bootstrap) => startRemoteClient(name, command(python, script, bootstrap)),
});

/** librdkafka 2.0.2. */
export const confluentKind: ClientKind = kind(
  "confluent-kafka 1.7",
  DEBIAN_PYTHON,
  "confluent_driver.py",
  {
    "consumer protocol": "librdkafka 2.0 has the classic protocol only",
    deleteRecords: "confluent-kafka 1.7 has no call for it",
    alterOffsets: "confluent-kafka 1.7 has no call for it",
    deleteOffsets: "confluent-kafka has no call for it",
    deleteGroup: "confluent-kafka 1.7 has no call for it",
  },
);

/** kafka-python 2.0.2, which never asks which versions of an API the broker has. */
export const kafkaPythonKind: ClientKind = kind(
  "kafka-python",
  DEBIAN_PYTHON,
  "kafka_python_driver.py",
  {
    "header nulls": "kafka-python refuses a header without a value",
    "null key and value": "kafka-python refuses a record with neither",
    idempotent: "kafka-python 2.0 has no idempotent producer",
    "zstd topics": "kafka-python 2.0 reads by Fetch v4, which is refused for compression.type zstd",
    cooperative: "kafka-python 2.0 has eager assignors only",
    "consumer protocol": "kafka-python 2.0 has the classic protocol only",
    "static member": "kafka-python 2.0 has no group.instance.id",
    deleteRecords: "kafka-python 2.0 has no call for it",
    deleteOffsets: "kafka-python 2.0 has no call for it",
  },
);

/** The newest librdkafka, from PyPI in an environment of its own. */
export const newestConfluentKind: ClientKind = {
  name: `confluent-kafka ${CONFLUENT_VERSION}`,
  codecs,
  lacks: { deleteOffsets: "confluent-kafka has no call for it" },
  async start(bootstrap) {
    const python = await newestConfluentPython();
    return startRemoteClient(this.name, command(python, "confluent_driver.py", bootstrap));
  },
};

/** An interpreter that has the newest librdkafka. */
export function newestConfluentPython(): Promise<string> {
  environment ??= createEnvironment();
  return environment;
}

/** Kept in the user's cache; a file in it says that it is complete. */
async function createEnvironment(): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "runnel");
  const folder = join(cache, `confluent-kafka-${CONFLUENT_VERSION}`);
  const python = join(folder, "bin/python");
  const complete = join(folder, "complete");
  if (!existsSync(complete)) {
    await mkdir(cache, { recursive: true });
    await run({ name: "venv", command: ["python3", "-m", "venv", "--clear", folder] });
    await run({
      name: "pip",
      command: [python, "-m", "pip", "install", "-q", `confluent-kafka==${CONFLUENT_VERSION}`],
      withinMs: INSTALLED_WITHIN_MS,
    });
    await writeFile(complete, "");
  }
  return python;
}
