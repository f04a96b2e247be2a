/** Which names a topic can have (KIP-37's rules as Kafka kept them). */
import type { MetadataImage } from "#metadata/image.ts";

const NAME_LENGTH_MAX = 249;

/** Why no topic can have `name`; null when one can. */
export function topicNameProblem(name: string): string | null {
  if (name === "") return "a topic needs a name";
  if (name === "." || name === "..") return `a topic cannot be called "${name}"`;
  if (name.length > NAME_LENGTH_MAX) {
    return `the name has ${name.length} characters, at most ${NAME_LENGTH_MAX} are allowed`;
  }
  return /^[a-zA-Z0-9._-]+$/.test(name)
    ? null
    : "a topic's name has only ASCII letters, digits, '.', '_' and '-'";
}

/** The names of `image` by the form in which metrics show them, where `.` and `_` are one. */
export function collisionIndex(image: MetadataImage): Map<string, string> {
  const index = new Map<string, string>();
  for (const name of image.topicsByName.keys()) {
    if (/[._]/.test(name)) index.set(metricForm(name), name);
  }
  return index;
}

/** The other topic that `name` would be taken for; null for none. */
export function collidesWith(name: string, index: ReadonlyMap<string, string>): string | null {
  if (!/[._]/.test(name)) return null;
  const other = index.get(metricForm(name));
  return other === undefined || other === name ? null : other;
}

export function metricForm(name: string): string {
  return name.replaceAll(".", "_");
}
