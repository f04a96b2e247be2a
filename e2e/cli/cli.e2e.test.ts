/** The client commands against a real broker: Runnel's, or Apache Kafka's as the oracle. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { Cli } from "./command.ts";

let server: Server;
let cli: Cli;
let count = 0;

beforeAll(async () => {
  server = await startServer();
  cli = new Cli(server.kafka);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A new topic of so many partitions. */
async function newTopic(partitions: number, ...more: readonly string[]): Promise<string> {
  count += 1;
  const name = `cli-${count}`;
  await cli.text(["topic", "create", name, "--partitions", String(partitions), ...more]);
  return name;
}

describe("runnel topic", () => {
  it("creates, lists, describes, alters and deletes", async () => {
    const name = await newTopic(2, "--config", "retention.ms=60000");
    expect(await cli.json(["topic", "list"])).toContainEqual(
      expect.objectContaining({ name, partitions: 2, replicas: 1, internal: false, offline: 0 }),
    );
    await cli.text(["topic", "alter", name, "--partitions", "3", "--config", "segment.ms=600000"]);
    await cli.text(["topic", "alter", name, "--reset", "retention.ms"]);
    expect(await cli.json(["topic", "describe", name])).toMatchObject([
      {
        name,
        partitions: [
          { partition: 0, startOffset: 0, endOffset: 0, leader: expect.any(Number) },
          { partition: 1 },
          { partition: 2 },
        ],
        configs: { "segment.ms": "600000" },
      },
    ]);
    expect(await cli.text(["topic", "describe", name])).toMatch(/^PARTITION +LEADER/m);
    expect(await cli.text(["topic", "delete", name])).toBe(`Topic "${name}" deleted.\n`);
    expect(await cli.json(["topic", "list"])).not.toContainEqual(expect.objectContaining({ name }));
  });

  it("says in one sentence what went wrong and what to do, and ends with 1", async () => {
    const name = await newTopic(1);
    const twice = await cli.run(["topic", "create", name]);
    expect(twice).toMatchObject({ code: 1 });
    expect(twice.stderr).toMatch(/^runnel: topic "cli-\d+": .*TOPIC_ALREADY_EXISTS.*\n$/);
    expect(await cli.run(["topic", "create", name, "--if-not-exists"])).toMatchObject({ code: 0 });
    const missing = await cli.run(["topic", "describe", "no-such-topic"]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(
      /^runnel: there is no topic "no-such-topic": create it with.*\n$/,
    );
    const nobody = await cli.run(["cluster", "status", "--bootstrap", "127.0.0.1:1"]);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toMatch(/^runnel: cannot reach a Kafka broker at 127\.0\.0\.1:1 .*\n$/);
    const illegal = await cli.run(["topic", "create", "a/b"]);
    expect(illegal.code).toBe(1);
    expect(illegal.stderr).toMatch(/INVALID_TOPIC_EXCEPTION/);
  });

  it("changes nothing in a dry run", async () => {
    await cli.text(["topic", "create", "cli-dry", "--dry-run"]);
    expect((await cli.run(["topic", "describe", "cli-dry"])).code).toBe(1);
  });

  it("deletes the oldest records", async () => {
    const name = await newTopic(1);
    await cli.text(["produce", name], "a\nb\nc\n");
    const before = ["topic", "records", "delete", name, "--before", "-1"];
    expect(await cli.json([...before, "--dry-run"])).toMatchObject({
      dryRun: true,
      partitions: [{ partition: 0, before: 0, after: 2 }],
    });
    await cli.text(before);
    expect(await cli.text(["consume", name, "--to", "end"])).toBe("c\n");
  });
});

describe("runnel produce and consume", () => {
  it("carries lines byte for byte", async () => {
    const name = await newTopic(1);
    const bytes = Buffer.from([0x61, 0, 0xff, 0x0a, 0x0a, 0xc3, 0xa9, 0x0d, 0x0a, 0x7a]);
    const { code, stderr } = await cli.run(["produce", name], bytes);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^4 records acknowledged in /);
    const { stdout } = await cli.run(["consume", name, "--from", "beginning", "--to", "end"]);
    expect(stdout).toEqual(Buffer.concat([bytes, Buffer.from("\n")]));
  });

  it("copies a topic through JSON, nulls, headers, times and partitions included", async () => {
    const source = await newTopic(3);
    const target = await newTopic(3);
    const records = [
      '{"key": null, "value": null}',
      '{"key": "k", "value": "", "headers": [{"name": "h", "value": "1"}, {"name": "h", "value": null}]}',
      '{"key": {"encoding": "base64", "data": "AP8="}, "value": "é", "timestamp": 1777636800000}',
      '{"value": "placed", "partition": 2}',
    ];
    const counts = await cli.json(["produce", source], records.join("\n"));
    expect(counts).toMatchObject({ acknowledged: 4, failed: 0 });
    const { code } = await cli.shell(
      `$runnel consume ${source} --to end --json | $runnel produce ${target} --json`,
    );
    expect(code).toBe(0);
    const withoutTopic = async (topic: string): Promise<unknown[]> => {
      const lines = await cli.lines(["consume", topic, "--to", "end"]);
      return lines
        .map((record) => ({ ...record, topic: null }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    };
    const copied = await withoutTopic(target);
    expect(copied).toEqual(await withoutTopic(source));
    expect(copied).toContainEqual(
      expect.objectContaining({
        timestamp: 1_777_636_800_000,
        key: { encoding: "base64", data: "AP8=" },
        value: { encoding: "utf8", data: "é" },
      }),
    );
  });

  it("keeps times that lie far apart, and the order of a partition", async () => {
    const name = await newTopic(2);
    const DAY_MS = 86_400_000;
    const times = [0, 200, -200, 1, 90, 0].map((days) => 1_777_636_800_000 + days * DAY_MS);
    const records = times.flatMap((timestamp, value) =>
      [0, 1].map((partition) => JSON.stringify({ value: `${value}`, partition, timestamp })),
    );
    const counts = await cli.json(["produce", name, "--compression", "gzip"], records.join("\n"));
    expect(counts).toMatchObject({ acknowledged: 2 * times.length, failed: 0 });
    for (const partition of ["0", "1"]) {
      const read = ["consume", name, "--to", "end", "--partition", partition];
      const lines = await cli.lines(read);
      expect(lines.map(({ timestamp }) => timestamp)).toEqual(times);
      expect(lines.map(({ value }) => value)).toEqual(
        times.map((_, index) => ({ encoding: "utf8", data: `${index}` })),
      );
    }
  });

  it("compresses with every codec", async () => {
    const name = await newTopic(1);
    const text = "line\n".repeat(2_000);
    const codecs = ["gzip", "snappy", "lz4", "zstd"];
    for (const codec of codecs) await cli.text(["produce", name, "--compression", codec], text);
    expect(await cli.text(["consume", name, "--to", "end"])).toBe(text.repeat(codecs.length));
  });

  it("counts exactly what was acknowledged, with every acks", async () => {
    const name = await newTopic(4);
    const text = Array.from({ length: 20_000 }, (_, index) => `value-${index}\n`).join("");
    const expected = { acknowledged: 20_000, sent: 20_000, failed: 0 };
    const records = text.replaceAll(/^(.*)$/gm, (line) =>
      line === "" ? "" : `{"value":"${line}"}`,
    );
    expect(await cli.json(["produce", name], records)).toMatchObject(expected);
    expect(await cli.json(["produce", name, "--acks", "1"], records)).toMatchObject(expected);
    expect(await cli.json(["produce", name, "--acks", "0"], records)).toMatchObject({
      acknowledged: 0,
      sent: 20_000,
    });
    const consumed = await cli.text(["consume", name, "--from", "beginning", "--max", "40000"]);
    expect(consumed.split("\n")).toHaveLength(40_001);
  });

  it("goes on after a record that is refused, and ends with 1", async () => {
    const name = await newTopic(1, "--config", "max.message.bytes=2000");
    const input = `small\n${"x".repeat(5_000)}\n`;
    const first = await cli.run(["produce", name], input);
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/MESSAGE_TOO_LARGE/);
    const bad = await cli.run(["produce", name, "--json"], '{"value":"one"}\nnope\n');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout.toString())).toMatchObject({ acknowledged: 1, failed: 0 });
    expect(bad.stderr).toMatch(/line 2: the line is not JSON\n$/);
  });

  it("says by name what is wrong with a record", async () => {
    const name = await newTopic(1);
    const refused = await cli.run(
      ["produce", name, "--json"],
      '{"value":"one"}\n{"value":"two","timestamp":99999999999999}\n',
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/\(INVALID_TIMESTAMP\)\n$/);
    expect(refused.stderr).not.toMatch(/UNKNOWN_SERVER_ERROR/);
  });

  it("says in one sentence what cannot be read or written", async () => {
    const name = await newTopic(1);
    const missing = await cli.run(["produce", name, "-f", "/no/such/file"]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^runnel: cannot read \/no\/such\/file: ENOENT.*\n$/);
    const folder = await cli.run(["produce", name, "-f", "/"]);
    expect(folder.code).toBe(1);
    expect(folder.stderr).toMatch(/cannot read \/: EISDIR.*\n$/);
    // A commit makes the topic, where it is not there yet.
    await cli.text(["produce", name], "a\n");
    await cli.text(["consume", name, "--group", name, "--from", "beginning", "--max", "1"]);
    const internal = await cli.run(["produce", "__consumer_offsets"], "a\n");
    expect(internal.code).toBe(1);
    expect(internal.stderr).toMatch(
      /^runnel: topic "__consumer_offsets" is internal: only the brokers .*\n$/,
    );
  });

  it("reads from one place to another", async () => {
    const name = await newTopic(1);
    const lines = [1, 2, 3, 4, 5].map((each) =>
      JSON.stringify({
        key: `k${each % 2}`,
        value: `v${each}`,
        timestamp: 1_777_636_800_000 + each,
      }),
    );
    await cli.text(["produce", name, "--json"], lines.join("\n"));
    const read = async (...flags: readonly string[]): Promise<string> => {
      const text = await cli.text(["consume", name, ...flags]);
      return text.trimEnd().replaceAll("\n", " ");
    };
    expect(await read("--to", "end")).toBe("v1 v2 v3 v4 v5");
    expect(await read("--from", "1", "--to", "3")).toBe("v2 v3");
    expect(await read("--from", "-2", "--to", "end")).toBe("v4 v5");
    expect(await read("--from", "2026-05-01T12:00:00.002Z", "--to", "1777636800004")).toBe("v2 v3");
    expect(await read("--from", "beginning", "--max", "1", "--key", "k0")).toBe("v2");
  });

  it("agrees with other clients where a key belongs", async () => {
    const name = await newTopic(7);
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    await cli.text(["produce", name, "-K", ":"], keys.map((key) => `${key}:v\n`).join(""));
    const kcat = await cli.shell(
      `printf '${keys.join(":v\\n")}:v\\n' | kcat -q -P -b ${server.kafka} -t ${name} -K : -X topic.partitioner=murmur2_random`,
    );
    expect(kcat).toMatchObject({ code: 0 });
    const lines = await cli.lines(["consume", name, "--to", "end"]);
    const places = Map.groupBy(lines, ({ key }) => JSON.stringify(key));
    expect(lines).toHaveLength(100);
    for (const [key, records] of places) {
      const partitions = new Set(records.map(({ partition }) => partition));
      expect([key, partitions.size]).toEqual([key, 1]);
    }
  });

  it("is quiet when its reader has had enough", async () => {
    const name = await newTopic(1);
    await cli.text(["produce", name], "line\n".repeat(50_000));
    const { code, stdout, stderr } = await cli.shell(
      `set -o pipefail; $runnel consume ${name} --from beginning | head -n 2`,
    );
    expect({ code, text: stdout.toString(), stderr }).toEqual({
      code: 0,
      text: "line\nline\n",
      stderr: "",
    });
  });

  it("follows what comes, until Ctrl-C", async () => {
    const name = await newTopic(2);
    await cli.text(["produce", name], "before\n");
    const seen = Promise.withResolvers<string>();
    const child = cli.start(["consume", name, "--from", "0"], (line) => {
      if (line !== "before") seen.resolve(line);
    });
    await cli.text(["produce", name], "after\n");
    expect(await seen.promise).toBe("after");
    expect(await child.stop("SIGINT")).toMatchObject({ code: 0 });
  });
});

describe("runnel group", () => {
  it("reads as a group, shows its lag, moves its offsets, and deletes it", async () => {
    const name = await newTopic(1);
    const group = `group-of-${name}`;
    await cli.text(["produce", name], "a\nb\nc\n");
    const read = ["consume", name, "--group", group, "--from", "beginning"];
    expect(await cli.text([...read, "--max", "2"])).toBe("a\nb\n");
    expect(await cli.json(["group", "describe", group])).toMatchObject([
      {
        group,
        state: "Empty",
        lag: 1,
        members: [],
        partitions: [{ topic: name, partition: 0, committedOffset: 2, endOffset: 3, lag: 1 }],
      },
    ]);
    expect(await cli.text([...read, "--to", "end"])).toBe("c\n");
    const reset = ["group", "reset", group, "--to", "1"];
    expect(await cli.text([...reset, "--dry-run"])).toMatch(/^cli-\d+ +0 +3 +→ +1$/m);
    expect(await cli.json(["group", "describe", group])).toMatchObject([{ lag: 0 }]);
    await cli.text(reset);
    expect(await cli.text([...read, "--to", "end"])).toBe("b\nc\n");
    expect(await cli.json(["group", "list"])).toContainEqual(
      expect.objectContaining({ group, state: "Empty" }),
    );
    await cli.text(["group", "delete", group]);
    const gone = await cli.run(["group", "describe", group]);
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.stderr).toMatch(/there is no group/);
  });

  it("says so where an offset is taken that was not asked for", async () => {
    const name = await newTopic(1);
    await cli.text(["produce", name], "a\nb\nc\n");
    await cli.text(["topic", "records", "delete", name, "--before", "1"]);
    const remark = (asked: number, place: string, taken: number): string =>
      `Offset ${asked} is ${place} of partition 0 of topic "${name}": ${taken} is taken instead.\n`;
    const group = `group-of-${name}`;
    const beyond = await cli.run(["group", "reset", group, "--topic", name, "--to", "5000"]);
    expect(beyond).toMatchObject({ code: 0, stderr: remark(5_000, "beyond the end (3)", 3) });
    const before = await cli.run(["group", "reset", group, "--to", "0", "--json"]);
    expect(before).toMatchObject({ code: 0, stderr: remark(0, "before the beginning (1)", 1) });
    const inside = await cli.run(["group", "reset", group, "--to", "3"]);
    expect(inside).toMatchObject({ code: 0, stderr: "" });
    const read = await cli.run(["consume", name, "--from", "5000", "--to", "end"]);
    expect(read).toMatchObject({ code: 0, stderr: remark(5_000, "beyond the end (3)", 3) });
  });

  it("reads records without key or value as a group", async () => {
    const name = await newTopic(1);
    const written = [
      { key: null, value: "a" },
      { key: "k", value: null },
    ];
    const lines = written.map((record) => JSON.stringify(record)).join("\n");
    await cli.text(["produce", name, "--json"], lines);
    const read = ["consume", name, "--from", "beginning", "--max", "2", "--group"];
    expect(await cli.lines([...read, `json-${name}`])).toMatchObject([
      { key: null, value: { data: "a" } },
      { key: { data: "k" }, value: null },
    ]);
    expect(await cli.text([...read, `raw-${name}`])).toBe("a\n\n");
  });

  it("shows members, and leaves a group alone that has some", async () => {
    const name = await newTopic(2);
    const group = `group-of-${name}`;
    await cli.text(["produce", name], "a\n");
    const seen = Promise.withResolvers<void>();
    const read = ["consume", name, "--group", group, "--from", "beginning"];
    const child = cli.start(read, () => seen.resolve());
    await seen.promise;
    expect(await cli.json(["group", "describe", group])).toMatchObject([
      {
        state: "Stable",
        members: [{ clientId: "runnel", assignments: [{ topic: name, partitions: [0, 1] }] }],
        partitions: [{ partition: 0 }, { partition: 1 }],
      },
    ]);
    const refused = await cli.run(["group", "reset", group, "--to", "end"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/has 1 member: stop them first/);
    expect((await cli.run(["group", "delete", group])).stderr).toMatch(/NON_EMPTY_GROUP/);
    expect(await child.stop("SIGINT")).toMatchObject({ code: 0 });
    expect(await cli.json(["group", "describe", group])).toMatchObject([{ lag: 0, members: [] }]);
  });
});

describe("runnel cluster", () => {
  it("shows the state of the cluster", async () => {
    const status = await cli.json(["cluster", "status"]);
    const [host, port] = server.kafka.split(":");
    expect(status).toMatchObject({
      clusterId: expect.stringMatching(/^\S+$/),
      underReplicated: 0,
      offline: 0,
      brokers: [{ id: expect.any(Number), host, port: Number(port), controller: true }],
    });
    expect(await cli.text(["cluster", "status"])).toMatch(/^Under-replicated +0$/m);
    expect(await cli.text(["cluster", "brokers"])).toMatch(/^ *\d+ +127\.0\.0\.1:\d+/m);
  });
});
