/**
 * The notes about deleted topics of which a broker may still have folders. One is written in the
 * transaction that deletes the topic, and removed when its folders have lost their names: a broker that
 * stops in between finds it at its next start.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import { deletedTopicKey, deletedTopicsPrefix } from "./keys.ts";
import type { MetadataStore } from "./store.ts";

export interface TopicDeletionsOptions {
  readonly store: MetadataStore;
  readonly nodeId: number;
  readonly logger: Logger;
}

export class TopicDeletions {
  readonly #options: TopicDeletionsOptions;

  constructor(options: TopicDeletionsOptions) {
    this.#options = options;
  }

  /** Ids of deleted topics of which this broker may have something left. */
  async unfinished(): Promise<ReadonlySet<string>> {
    const prefix = deletedTopicsPrefix(this.#options.nodeId);
    const { entries } = await this.#options.store.range(prefix);
    return new Set(entries.map(({ key }) => key.slice(prefix.length)));
  }

  /** Nothing of the topic is left here: its note goes, at the next start where it cannot now. */
  finish(topicId: string): void {
    const { store, nodeId, logger } = this.#options;
    const key = deletedTopicKey(nodeId, topicId);
    store.transact({ success: [{ kind: "delete", key }] }).catch((error: unknown) => {
      logger.warn({ topicId, error: messageOf(error) }, "a note about a deleted topic stays");
    });
  }
}
