/**
 * What a change can be made to depend on: text that is another one once somebody else changed the same
 * thing. Opaque to whoever keeps it; it is compared when the change is planned, and the transaction
 * compares the revisions that the plan was made on.
 */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Overrides } from "#config/effective.ts";
import type { MetadataImage, TopicImage } from "#metadata/image.ts";
import { encodeConfigs } from "#metadata/keys.ts";
import { failed, type Outcome } from "./outcome.ts";

/** Of the topic itself: its partitions, not its settings. */
export function topicVersion({ modRevision }: TopicImage): string {
  return `t${modRevision}`;
}

/** Of the settings of a topic. */
export function topicConfigsVersion({ id, configsRevision }: TopicImage): string {
  // Revisions are never used twice; a topic without settings has none, and another one may bear its name.
  return configsRevision > 0 ? `c${configsRevision}` : `c0-${id}`;
}

/** Of the settings of a broker, or of all with null. Their image has no revision, so it is a checksum. */
export function brokerConfigsVersion(image: MetadataImage, brokerId: number | null): string {
  return overridesVersion(
    brokerId === null ? image.defaultBrokerConfigs : image.brokerConfigs.get(brokerId),
  );
}

/** Of the settings of a group. */
export function groupConfigsVersion(image: MetadataImage, groupId: string): string {
  return overridesVersion(image.groupConfigs.get(groupId));
}

function overridesVersion(overrides: Overrides | undefined): string {
  const text = encodeConfigs(overrides ?? new Map());
  return `b${crc32c(new TextEncoder().encode(text)).toString(16)}`;
}

/** INVALID_UPDATE_VERSION where a version is expected and it is not the `current` one; else null. */
export function versionProblem(
  expected: string | null | undefined,
  current: string,
): Outcome | null {
  if (expected === null || expected === undefined || expected === current) return null;
  const message = `it was changed meanwhile: this change is based on version ${expected.slice(0, 64)}, and it is at ${current}`;
  return failed(ErrorCode.INVALID_UPDATE_VERSION, message);
}
