/** Python clients: Debian's packages under `/usr/bin/python3`, and any interpreter for newer ones. */
import { join } from "node:path";
import type { ClientKind, Lacks } from "../calls.ts";
import { startRemoteClient } from "../remote-client.ts";

const DEBIAN_PYTHON = "/usr/bin/python3";
const folder = join(import.meta.dirname, "../python");

const kind = (name: string, python: string, script: string, lacks: Lacks): ClientKind => ({
  name,
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  lacks,
  start: async (bootstrap) =>
    startRemoteClient(name, [python, "-B", join(folder, script), bootstrap]),
});

/** librdkafka 2.0.2. */
export const confluentKind: ClientKind = kind(
  "confluent-kafka 1.7",
  DEBIAN_PYTHON,
  "confluent_driver.py",
  {
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
    cooperative: "kafka-python 2.0 has eager assignors only",
    "static member": "kafka-python 2.0 has no group.instance.id",
    deleteRecords: "kafka-python 2.0 has no call for it",
    deleteOffsets: "kafka-python 2.0 has no call for it",
  },
);
