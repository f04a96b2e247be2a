/** Topics that a test makes and removes. */
import type { TopicInfo, TopicLookup } from "../ports.ts";

export class FakeTopics implements TopicLookup {
  readonly #topics = new Map<string, TopicInfo>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  /** Makes a topic, or gives it another number of partitions. */
  add(name: string, partitionCount: number, topicId = topicIdOf(name)): void {
    this.#version += 1;
    this.#topics.set(name, { name, topicId, partitionCount });
  }

  remove(name: string): void {
    this.#version += 1;
    this.#topics.delete(name);
  }

  byName(name: string): TopicInfo | undefined {
    return this.#topics.get(name);
  }

  byId(topicId: string): TopicInfo | undefined {
    return [...this.#topics.values()].find((topic) => topic.topicId === topicId);
  }

  names(): Iterator<string> {
    return [...this.#topics.keys()].filter((name) => !name.startsWith("__")).values();
  }
}

/** An id that follows from the name. */
export function topicIdOf(topic: string): string {
  const letters = Array.from({ length: topic.length }, (_, index) => topic.charCodeAt(index));
  const hex = letters.map((letter) => letter.toString(16)).join("");
  return `00000000-0000-4000-8000-${hex.padStart(12, "0").slice(-12)}`;
}
