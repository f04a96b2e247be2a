import { ConfigError } from "@runnel/kit/errors.ts";
import { describe, expect, it } from "vitest";
import { type ConfigSources, loadConfig, variableOf } from "./load.ts";

const load = (sources: Partial<ConfigSources> & { readonly yaml?: string }) =>
  loadConfig({
    file: sources.yaml === undefined ? null : { path: "runnel.yaml", text: sources.yaml },
    env: {},
    flags: new Map(),
    isInsecure: false,
    ...sources,
  });

describe("loadConfig()", () => {
  it("takes defaults, then file, then environment, then flags", () => {
    const yaml = "num.partitions: 2\nnode.id: 2\nbroker.rack: a\n";
    const env = { RUNNEL_NUM_PARTITIONS: "3", RUNNEL_NODE_ID: "3", PATH: "/bin" };
    const { broker, fixed } = load({ yaml, env, flags: new Map([["num.partitions", "4"]]) });
    expect(broker).toMatchObject({
      numPartitions: 4,
      nodeId: 3,
      brokerRack: "a",
      groupMaxSize: 2 ** 31 - 1,
    });
    expect(fixed.get("num.partitions")).toBe("4");
    expect(fixed.has("group.max.size")).toBe(false);
  });

  it("reads nested and listed YAML, and keeps every digit of a number", () => {
    const yaml =
      "log:\n  retention:\n    hours: 24\n  flush.interval.messages: 9223372036854775807\n";
    const { fixed } = load({ yaml: `${yaml}listeners:\n  - PLAINTEXT://localhost:1\n` });
    expect(Object.fromEntries(fixed)).toEqual({
      "log.retention.hours": "24",
      "log.flush.interval.messages": "9223372036854775807",
      listeners: "PLAINTEXT://localhost:1",
    });
    expect(load({ yaml: "" }).fixed.size).toBe(0);
    expect(load({ yaml: "# nothing\n" }).fixed.size).toBe(0);
  });

  it("takes units where the setting has one", () => {
    const yaml = "log.retention.ms: 7d\nlog.roll.hours: 2d\nrunnel.tail.cache.bytes: 16MiB\n";
    expect(Object.fromEntries(load({ yaml }).fixed)).toEqual({
      "log.retention.ms": "604800000",
      "log.roll.hours": "48",
      "runnel.tail.cache.bytes": "16777216",
    });
    expect(() => load({ yaml: "log.roll.hours: 90m" })).toThrow("90m");
    expect(() => load({ yaml: "num.partitions: 3d" })).toThrow("3d");
  });

  it.each([
    ["an unknown name", "log.retention.hour: 3", /runnel\.yaml.*"log\.retention\.hour"/],
    ["a bad value", "num.partitions: many", /runnel\.yaml: num\.partitions: "many".*whole number/],
    ["a value without effect", "num.io.threads: 2", /one event loop/],
    ["a folder twice", "log.dirs: a,b,a/", /each of them once/],
    ["a folder in another", "log.dirs: a,a/b", /none inside another/],
    ["a folder without a name", "log.dirs: a,,b", /each of them once/],
    ["broken YAML", "a: b: c", /no valid YAML/],
    ["a key twice", "node.id: 1\nnode.id: 2", /no valid YAML/],
    ["a list as document", "- a", /name: value/],
    ["a list of lists", "listeners: [[a]]", /plain value/],
    ["aliases", "a: &x 1\nb: *x", /no valid YAML/],
    ["a listener that is no address", "listeners: localhost", /NAME:\/\/HOST:PORT/],
    ["a protocol not built", "listeners: SSL://127.0.0.1:9092", /only PLAINTEXT/],
    ["an advertised stranger", "advertised.listeners: X://a:1", /not among the listeners/],
    [
      "an advertised wildcard",
      "advertised.listeners: PLAINTEXT://0.0.0.0:1",
      /as clients reach it/,
    ],
  ])("refuses %s", (_, yaml, message) => {
    expect(() => load({ yaml })).toThrow(message);
    expect(() => load({ yaml })).toThrow(ConfigError);
  });

  it("names the variable or the flag that is wrong", () => {
    expect(() => load({ env: { RUNNEL_NODE_ID: "-1" } })).toThrow(
      /^RUNNEL_NODE_ID: node\.id: "-1"/,
    );
    expect(() => load({ flags: new Map([["node.id", "x"]]) })).toThrow(/^flag "node\.id"/);
    expect(() => load({ flags: new Map([["no.such", "x"]]) })).toThrow(/no setting is called/);
  });

  it("warns of variables that are no settings and goes on", () => {
    const { warnings } = load({ env: { RUNNEL_SERVICE_HOST: "10.0.0.1" } });
    expect(warnings).toEqual([expect.stringContaining("RUNNEL_SERVICE_HOST")]);
  });

  it("takes Kafka's older names", () => {
    expect(load({ yaml: "broker.id: 7\nlog.dir: /x" }).broker).toMatchObject({
      nodeId: 7,
      logDirs: ["/x"],
    });
    expect(load({ yaml: "log.dirs: [/x, b/, ./c]" }).broker.logDirs).toEqual(["/x", "b", "./c"]);
  });

  it.each([
    "listeners: PLAINTEXT://0.0.0.0:9092",
    "listeners: PLAINTEXT://:9092",
    "listeners: PLAINTEXT://192.168.1.5:9092",
    "runnel.admin.listener: 0.0.0.0:9644",
    "listeners: PLAINTEXT://127.0.0.1.example.org:9092",
  ])("refuses to be reached from other machines: %s", (yaml) => {
    expect(() => load({ yaml })).toThrow("--insecure");
    const { warnings } = load({ yaml, isInsecure: true });
    expect(warnings).toEqual([expect.stringMatching(/^INSECURE: .* may read, change and delete/)]);
  });

  it.each(["127.0.0.1", "127.8.9.1", "localhost", "[::1]"])(
    "listens on %s without more",
    (host) => {
      expect(() => load({ yaml: `listeners: PLAINTEXT://${host}:0` })).not.toThrow();
    },
  );
});

it("takes names of the admin port as host names, in lower case and without ports", () => {
  const hosts = (text: string) =>
    load({ yaml: `runnel.admin.allowed.hosts: ${text}` }).broker.runnelAdminAllowedHosts;
  expect(load({}).broker.runnelAdminAllowedHosts).toEqual([]);
  expect(hosts('"Broker.Example, 10.0.0.7, [2001:DB8::1]"')).toEqual([
    "broker.example",
    "10.0.0.7",
    "2001:db8::1",
  ]);
  for (const text of ["broker.example:9644", "https://broker.example", '"a b"', '"*"']) {
    expect(() => hosts(text)).toThrow("host names without ports");
  }
});

describe("variableOf()", () => {
  it("has no double prefix for our own settings", () => {
    expect(variableOf("runnel.max.partitions")).toBe("RUNNEL_MAX_PARTITIONS");
    expect(variableOf("log.dirs")).toBe("RUNNEL_LOG_DIRS");
  });
});
