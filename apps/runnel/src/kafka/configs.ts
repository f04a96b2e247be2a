/** Settings of topics as the brokers tell them. */
import type { Cluster } from "./cluster.ts";
import { checkCode } from "./explain.ts";

export interface ConfigValue {
  readonly name: string;
  /** Null for what the broker keeps to itself. */
  readonly value: string | null;
  /** Whether the topic has no value of its own. */
  readonly isDefault: boolean;
}

const TOPIC_RESOURCE = 2;
const TOPIC_SOURCE = 1;
const SET = 0;
const DELETE = 1;

/** All settings of a topic, by name. */
export async function topicConfigs(
  cluster: Cluster,
  topic: string,
): Promise<readonly ConfigValue[]> {
  const resource = {
    resourceType: TOPIC_RESOURCE,
    resourceName: topic,
    configurationKeys: null,
  } as const;
  const { results } = await cluster.call("DescribeConfigs", null, [resource], false, false);
  return results
    .flatMap((result) => {
      checkCode(result.errorCode, `settings of topic "${topic}"`, result.errorMessage ?? null);
      return result.configs;
    })
    .map(({ name, value, configSource }) => {
      return { name, value: value ?? null, isDefault: configSource !== TOPIC_SOURCE };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Sets some settings and gives others their default, all of them or none. */
export async function changeTopicConfigs(
  cluster: Cluster,
  topic: string,
  {
    set,
    reset,
    isDryRun,
  }: {
    readonly set: readonly (readonly [string, string])[];
    readonly reset: readonly string[];
    readonly isDryRun: boolean;
  },
): Promise<void> {
  const configs = [
    ...set.map(([name, value]) => ({ name, value, configOperation: SET }) as const),
    ...reset.map((name) => ({ name, configOperation: DELETE }) as const),
  ];
  const resource = { resourceType: TOPIC_RESOURCE, resourceName: topic, configs } as const;
  const answer = await cluster.call("IncrementalAlterConfigs", null, [resource], isDryRun);
  for (const { errorCode, errorMessage } of answer.responses) {
    checkCode(errorCode, `topic "${topic}"`, errorMessage ?? null);
  }
}
