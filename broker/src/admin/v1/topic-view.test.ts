import { describe, expect, test } from "vitest";
import type { MetadataImage, PartitionImage, TopicImage } from "#metadata/image.ts";
import { isTroubled } from "./topic-view.ts";

const image = { brokers: new Map([[1, {}]]) } as unknown as MetadataImage;

function topic(...partitions: readonly Partial<PartitionImage>[]): TopicImage {
  return { partitions } as unknown as TopicImage;
}

const healthy = { leader: 1, replicas: [1, 2], isr: [1, 2] };

describe("isTroubled()", () => {
  test.each([
    ["all replicas in sync", topic(healthy, healthy), false],
    ["one of its partitions without a leader", topic(healthy, { ...healthy, leader: -1 }), true],
    ["led by a broker that is down", topic({ ...healthy, leader: 7 }), true],
    ["a replica behind", topic(healthy, { ...healthy, isr: [1] }), true],
  ])("%s", (_, given, expected) => expect(isTroubled(image, given)).toBe(expected));
});
