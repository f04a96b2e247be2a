import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, it } from "vitest";
import { type ConfigRequest, ResourceType } from "./change-configs.ts";
import { newTopic, testCluster } from "./testing.ts";
import { brokerConfigsVersion, topicConfigsVersion, topicVersion } from "./versions.ts";

const APPLY = { isValidateOnly: false };
const TRY = { isValidateOnly: true };

function setting(changes: Partial<ConfigRequest>, value: string): ConfigRequest {
  return {
    type: ResourceType.TOPIC,
    name: "a",
    changes: [{ name: "retention.ms", operation: "set", value }],
    isReplacing: false,
    ...changes,
  };
}

const names = (results: readonly { readonly errorCode: number }[]): string[] =>
  results.map(({ errorCode }) => errorName(errorCode));

describe("a change that expects a version", () => {
  it("of a topic's settings is refused once somebody else changed them", async () => {
    const { controller, topic } = await testCluster();
    await controller.createTopics([newTopic("a")], APPLY);
    const expectedVersion = topicConfigsVersion(topic("a"));
    const results = await Promise.all(
      ["1", "2"].map((value) =>
        controller.alterConfigs([setting({ expectedVersion }, value)], APPLY),
      ),
    );
    expect(names(results.flat())).toEqual(["NONE", "INVALID_UPDATE_VERSION"]);
    expect(topic("a").configs.get("retention.ms")).toBe("1");
    expect(topicConfigsVersion(topic("a"))).not.toBe(expectedVersion);
  });

  it("of a topic is refused for another one of the same name", async () => {
    const { controller, topic } = await testCluster();
    await controller.createTopics([newTopic("a")], APPLY);
    const [version, configsVersion] = [topicVersion(topic("a")), topicConfigsVersion(topic("a"))];
    const doomed = { name: "a", topicId: ZERO_UUID };
    expect(names(await controller.deleteTopics([doomed], TRY))).toEqual(["NONE"]);
    await controller.deleteTopics([{ ...doomed, expectedVersion: version }], APPLY);
    await controller.createTopics([newTopic("a")], APPLY);
    const refused = ["INVALID_UPDATE_VERSION"];
    const deletion = await controller.deleteTopics([{ ...doomed, expectedVersion: version }]);
    expect(names(deletion)).toEqual(refused);
    const growth = { name: "a", count: 5, assignments: null, expectedVersion: version };
    expect(names(await controller.createPartitions([growth], APPLY))).toEqual(refused);
    const settings = setting({ expectedVersion: configsVersion }, "1");
    expect(names(await controller.alterConfigs([settings], APPLY))).toEqual(refused);
    expect(topic("a").partitions).toHaveLength(1);
  });

  it("of brokers' settings is refused where they say something else", async () => {
    const { controller, view } = await testCluster();
    const change = (expectedVersion: string | null, value: string): ConfigRequest => ({
      ...setting({ type: ResourceType.BROKER, name: "", expectedVersion }, value),
      changes: [{ name: "log.retention.ms", operation: "set", value }],
    });
    const before = brokerConfigsVersion(view.image, null);
    expect(names(await controller.alterConfigs([change(before, "1")], APPLY))).toEqual(["NONE"]);
    const late = await controller.alterConfigs([change(before, "2")], APPLY);
    expect(names(late)).toEqual(["INVALID_UPDATE_VERSION"]);
    expect(late[0]?.message).toContain(before);
    expect(brokerConfigsVersion(view.image, 1)).toBe(before);
  });
});
