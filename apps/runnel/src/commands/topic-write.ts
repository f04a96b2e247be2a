/** `runnel topic create`, `alter` and `delete`. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError, UsageError } from "../cli/failure.ts";
import { formatCounted } from "../cli/format.ts";
import { parseInteger, parsePair } from "../cli/values.ts";
import { REQUEST_TIMEOUT_MS } from "../kafka/cluster.ts";
import { changeTopicConfigs } from "../kafka/configs.ts";
import { explainCode } from "../kafka/explain.ts";
import { topicOf } from "../kafka/offsets.ts";
import { type ClientFlags, type Session, withCluster } from "./client.ts";

const INT32_MAX = 2_147_483_647;
const INT16_MAX = 32_767;
/** The broker's default. */
const DEFAULT = -1;

export interface CreateFlags extends ClientFlags {
  readonly partitions?: string;
  readonly replicas?: string;
  readonly config?: readonly string[];
  readonly ifNotExists?: boolean;
  readonly dryRun?: boolean;
}

/** What became of one of several things; `problem` is null where it went well. */
interface Outcome {
  readonly name: string;
  readonly done: string;
  readonly problem: string | null;
}

export async function createTopics(names: readonly string[], flags: CreateFlags): Promise<void> {
  const partitions = optionalInteger(flags.partitions, "--partitions", INT32_MAX);
  const replicas = optionalInteger(flags.replicas, "--replicas", INT16_MAX);
  const configs = parsePairs(flags.config).map(([name, value]) => ({ name, value }));
  await withCluster(flags, async (session) => {
    const topics = [...new Set(names)].map((name) => {
      return {
        name,
        numPartitions: partitions ?? DEFAULT,
        replicationFactor: replicas ?? DEFAULT,
        assignments: [],
        configs,
      };
    });
    const isDryRun = flags.dryRun === true;
    const answer = await session.cluster.call(
      "CreateTopics",
      null,
      topics,
      REQUEST_TIMEOUT_MS,
      isDryRun,
    );
    const outcomes = answer.topics.map((topic): Outcome => {
      const { name, errorCode, numPartitions, replicationFactor } = topic;
      if (errorCode === ErrorCode.TOPIC_ALREADY_EXISTS && flags.ifNotExists === true) {
        return { name, done: "exists already", problem: null };
      }
      const shape =
        numPartitions < 0
          ? ""
          : ` with ${formatCounted(numPartitions, "partition")} and ` +
            formatCounted(replicationFactor, "replica");
      const done = `${isDryRun ? "could be created" : "created"}${shape}`;
      return { name, done, problem: problemOf(errorCode, topic.errorMessage) };
    });
    await reportOutcomes(outcomes, session);
  });
}

export interface AlterFlags extends ClientFlags {
  readonly partitions?: string;
  readonly config?: readonly string[];
  readonly reset?: readonly string[];
  readonly dryRun?: boolean;
}

export async function alterTopic(name: string, flags: AlterFlags): Promise<void> {
  const count = optionalInteger(flags.partitions, "--partitions", INT32_MAX);
  const set = parsePairs(flags.config);
  const reset = flags.reset ?? [];
  const isDryRun = flags.dryRun === true;
  if (count === null && set.length === 0 && reset.length === 0) {
    throw new UsageError("nothing to change: give --partitions, --config or --reset");
  }
  await withCluster(flags, async (session) => {
    const { cluster } = session;
    const topic = topicOf(await cluster.describe([name]), name);
    const done: string[] = [];
    // Settings first: they can be taken back, partitions cannot.
    if (set.length > 0 || reset.length > 0) {
      await changeTopicConfigs(cluster, name, { set, reset, isDryRun });
      done.push(formatCounted(set.length + reset.length, "setting"));
    }
    if (count !== null) {
      const wanted = [{ name, count, assignments: null }];
      const answer = await cluster.call(
        "CreatePartitions",
        null,
        wanted,
        REQUEST_TIMEOUT_MS,
        isDryRun,
      );
      for (const { errorCode, errorMessage } of answer.results) {
        const problem = problemOf(errorCode, errorMessage);
        if (problem === null) continue;
        const before = done.length > 0 && !isDryRun ? " (its settings were changed)" : "";
        throw new CommandError(`topic "${name}"${before}: ${problem}`);
      }
      done.push(`partitions from ${topic.partitions.length} to ${count}`);
    }
    const verb = isDryRun ? "could be changed" : "changed";
    await reportOutcomes([{ name, done: `${verb}: ${done.join(", ")}`, problem: null }], session);
  });
}

export async function deleteTopics(
  names: readonly string[],
  flags: ClientFlags & { ifExists?: boolean },
): Promise<void> {
  await withCluster(flags, async (session) => {
    const wanted = [...new Set(names)].map((name) => ({ name }));
    const answer = await session.cluster.call("DeleteTopics", null, wanted, REQUEST_TIMEOUT_MS);
    const outcomes = answer.responses.map((response): Outcome => {
      const name = response.name ?? response.topicId;
      const { errorCode, errorMessage } = response;
      if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && flags.ifExists === true) {
        return { name, done: "was not there", problem: null };
      }
      return { name, done: "deleted", problem: problemOf(errorCode, errorMessage) };
    });
    await reportOutcomes(outcomes, session);
  });
}

/** Says what was done and throws `CommandError` for what was not. */
async function reportOutcomes(
  outcomes: readonly Outcome[],
  { output, isJson }: Session,
): Promise<void> {
  if (isJson) {
    await output.json(
      outcomes.map(({ name, done, problem }) => {
        return problem === null ? { topic: name, done } : { topic: name, error: problem };
      }),
    );
  } else {
    for (const { name, done, problem } of outcomes) {
      if (problem === null) await output.write(`Topic "${name}" ${done}.\n`);
    }
  }
  const failed = outcomes.filter(({ problem }) => problem !== null);
  const [first] = failed;
  if (first === undefined) return;
  const others = failed.length > 1 ? ` (and ${formatCounted(failed.length - 1, "other")})` : "";
  throw new CommandError(`topic "${first.name}": ${first.problem}${others}`);
}

function problemOf(errorCode: number, errorMessage: string | null | undefined): string | null {
  return errorCode === 0 ? null : explainCode(errorCode, errorMessage ?? null);
}

function optionalInteger(text: string | undefined, flag: string, max: number): number | null {
  return text === undefined ? null : parseInteger(text, flag, { min: 1, max });
}

function parsePairs(texts: readonly string[] | undefined): (readonly [string, string])[] {
  return (texts ?? []).map((text) => parsePair(text, "--config"));
}
