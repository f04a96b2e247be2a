/** Looking at topics that are to go, and deleting them: each for itself, whatever becomes of the others. */
import { api, isNotFound } from "../../lib/api.ts";

/** Each takes a request to look and one to delete. */
export const DELETED_TOPICS_MAX = 100;

const REQUESTS_AT_ONCE = 4;

type Doomed = Awaited<ReturnType<typeof api.deleteTopic>>["before"];

/** What a dry run says of one topic. */
export type Prospect =
  | { readonly kind: "there"; readonly topic: string; readonly before: Doomed }
  | { readonly kind: "gone"; readonly topic: string }
  | { readonly kind: "failed"; readonly topic: string; readonly error: Error };

/** Says of each topic what would go with it, in their order. */
export async function lookAt(
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly Prospect[]> {
  const prospects: Prospect[] = [];
  for (let at = 0; at < topics.length; at += REQUESTS_AT_ONCE) {
    const some = topics.slice(at, at + REQUESTS_AT_ONCE);
    prospects.push(...(await Promise.all(some.map((topic) => lookAtOne(topic, signal)))));
  }
  return prospects;
}

async function lookAtOne(topic: string, signal: AbortSignal): Promise<Prospect> {
  try {
    const { before } = await api.deleteTopic(
      { params: { topic }, query: { dryRun: true } },
      { signal },
    );
    return { kind: "there", topic, before };
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return { kind: "gone", topic };
    return { kind: "failed", topic, error: toError(error) };
  }
}

export interface Deletion {
  /** Topics that are not there any more. */
  readonly gone: readonly string[];
  readonly failed: readonly { readonly topic: string; readonly error: Error }[];
}

/** Deletes one after the other. One that was gone before has gone, too. */
export async function deleteAll(topics: readonly string[]): Promise<Deletion> {
  const gone: string[] = [];
  const failed: Deletion["failed"][number][] = [];
  for (const topic of topics) {
    try {
      await api.deleteTopic({ params: { topic } });
      gone.push(topic);
    } catch (error) {
      if (isNotFound(error)) gone.push(topic);
      else failed.push({ topic, error: toError(error) });
    }
  }
  return { gone, failed };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
