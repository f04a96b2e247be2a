import { ConfigError } from "@runnel/kit/errors.ts";
import { describe, expect, test, vi } from "vitest";
import type { SettingValue } from "./options.ts";
import { loadTestConfig } from "./test-config.ts";

const refusal = (config: Record<string, SettingValue>, port?: number): string => {
  try {
    loadTestConfig({ config, ...(port === undefined ? {} : { port }) });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
};

describe("loadTestConfig()", () => {
  test("has defaults for tests, which settings override", () => {
    const { broker } = loadTestConfig({});
    expect(broker.listeners).toEqual([{ name: "PLAINTEXT", host: "127.0.0.1", port: 0 }]);
    expect(broker.runnelAdminListener).toBe("off");
    expect(broker.groupInitialRebalanceDelayMs).toBe(0);
    expect(broker.offsetsTopicNumPartitions).toBe(1);
    const changed = loadTestConfig({ config: { "offsets.topic.num.partitions": 7 } });
    expect(changed.broker.offsetsTopicNumPartitions).toBe(7);
  });

  test("takes numbers, booleans, text, units and aliases", () => {
    const { broker } = loadTestConfig({
      config: {
        "num.partitions": 3,
        "auto.create.topics.enable": false,
        "runnel.tail.cache.bytes": "16 MiB",
        "broker.rack": 'a "rack": #1',
        "broker.id": 5,
      },
    });
    expect(broker).toMatchObject({
      numPartitions: 3,
      autoCreateTopicsEnable: false,
      brokerRack: 'a "rack": #1',
      nodeId: 5,
    });
    expect(Number(broker.runnelTailCacheBytes)).toBe(16 * 1024 * 1024);
  });

  test("does not read the environment", () => {
    vi.stubEnv("RUNNEL_NUM_PARTITIONS", "9");
    expect(loadTestConfig({}).broker.numPartitions).toBe(1);
    vi.unstubAllEnvs();
  });

  test("refuses what cannot be, and says what to do", () => {
    expect(refusal({ "num.partition": 3 })).toMatch(
      /^config of startBroker\(\): no setting is called "num.partition"/,
    );
    expect(refusal({ "num.partitions": 0 })).toMatch(/num\.partitions/);
    expect(refusal({ "log.dirs": "data" })).toMatch(/use the option `folder`/);
    expect(refusal({ "runnel.admin.listener": "127.0.0.1:0" })).toMatch(/has no admin API/);
    expect(refusal({ "runnel.admin.listener": "off" })).toBe("");
    expect(refusal({ listeners: "PLAINTEXT://127.0.0.1:0" }, 9092)).toMatch(/exclude each other/);
    expect(refusal({}, 65_536)).toMatch(/listeners/);
  });
});
