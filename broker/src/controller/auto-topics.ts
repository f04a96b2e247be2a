/** Topics that come into being because a client asked for them (`auto.create.topics.enable`). */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { INTERNAL_TOPICS } from "#metadata/image.ts";
import type { LogLimiter } from "#metrics/log-limiter.ts";
import type { CreatedTopic, NewTopic } from "./create-topics.ts";
import { AUTO_CREATIONS_MAX } from "./limits.ts";
import { topicNameProblem } from "./topic-name.ts";

/** Creates topics on behalf of whoever asked for them. */
export type TopicCreator<By> = (
  topics: readonly NewTopic[],
  by: By,
) => Promise<readonly CreatedTopic[]>;

export class AutoTopics<By> {
  readonly #create: TopicCreator<By>;
  /** Limited, because clients choose how many names they ask for. */
  readonly #log: LogLimiter;
  /** Names under creation: clients ask again and again until they are there. */
  readonly #pending = new Set<string>();

  constructor(create: TopicCreator<By>, log: LogLimiter) {
    this.#create = create;
    this.#log = log;
  }

  /**
   * Begins to create topics that do not exist, and returns at once. The code is what each of them is
   * answered now: UNKNOWN_TOPIC_OR_PARTITION, so that the client asks again, or why it never will be.
   */
  begin(names: readonly string[], by: By): ReadonlyMap<string, ErrorCode> {
    const codes = new Map<string, ErrorCode>();
    const fresh: string[] = [];
    for (const name of names) {
      const isPossible = topicNameProblem(name) === null && !INTERNAL_TOPICS.has(name);
      codes.set(
        name,
        isPossible ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION,
      );
      if (!isPossible || this.#pending.has(name)) continue;
      // Beyond the cap the client hears the same, and asks again when there is room.
      if (this.#pending.size >= AUTO_CREATIONS_MAX) continue;
      this.#pending.add(name);
      fresh.push(name);
    }
    if (fresh.length > 0) void this.#createAll(fresh, by);
    return codes;
  }

  async #createAll(names: readonly string[], by: By): Promise<void> {
    const defaults = { partitionCount: -1, replicationFactor: -1, assignments: [], configs: [] };
    const topics = names.map((name) => ({ name, ...defaults }));
    try {
      for (const result of await this.#create(topics, by)) {
        const { name: topic, errorCode, message } = result;
        if (errorCode === ErrorCode.NONE) this.#log.info({ topic }, "topic created on request");
        else if (errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) {
          const fields = { topic, error: errorName(errorCode), reason: message };
          this.#log.warn(fields, "topic could not be created on request");
        }
      }
    } finally {
      for (const name of names) this.#pending.delete(name);
    }
  }
}
