import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { createTopic, kafkajsTransactions, Reader } from "../transactions/clients.ts";
import { Cli } from "./command.ts";

let server: Server;
let cli: Cli;

beforeAll(async () => {
  server = await startServer();
  cli = new Cli(server.kafka);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe("runnel transaction", () => {
  it("lists and describes what there is", async () => {
    expect((await cli.run(["transaction", "list"])).stderr).toMatch(/There are no such/);
    await createTopic(server.kafka, "listed");
    await using producer = await kafkajsTransactions.start(server.kafka, "listed-id");
    const transaction = await producer.begin();
    await transaction.send("listed", 1, "value");
    expect(await cli.json(["transaction", "list", "--state", "Ongoing"])).toEqual([
      {
        transactionalId: "listed-id",
        state: "Ongoing",
        producerId: expect.any(Number),
        coordinator: 1,
      },
    ]);
    expect(await cli.json(["transaction", "list", "--state", "Empty"])).toEqual([]);
    expect(await cli.json(["transaction", "list", "--longer-than", "3600"])).toEqual([]);
    expect(await cli.json(["transaction", "describe", "listed-id"])).toMatchObject([
      {
        state: "Ongoing",
        producerEpoch: 0,
        timeoutMs: 30_000,
        partitions: [{ topic: "listed", partition: 1 }],
      },
    ]);
    await transaction.commit();
    const text = await cli.text(["transaction", "describe", "listed-id"]);
    expect(text).toMatch(/^Transactional id +listed-id\nState +(Prepare|Complete)Commit\n/);
    const unknown = await cli.run(["transaction", "describe", "nobody"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/TRANSACTIONAL_ID_NOT_FOUND.*runnel transaction list/);
    const noState = await cli.run(["transaction", "list", "--state", "Sleeping"]);
    expect(noState).toMatchObject({ code: 2 });
    expect(noState.stderr).toMatch(/"Sleeping" is none of Ongoing, Empty, PrepareCommit/);
  });

  it("aborts what is under way, and says so where nothing is", async () => {
    await createTopic(server.kafka, "aborted");
    await using producer = await kafkajsTransactions.start(server.kafka, "aborted-id");
    const transaction = await producer.begin();
    await transaction.send("aborted", 0, "never read");
    const text = await cli.text(["transaction", "abort", "aborted-id"]);
    expect(text).toBe('Transaction of "aborted-id" aborted in aborted-0.\n');
    await expect(transaction.commit()).rejects.toThrow(/fence|epoch/i);
    const again = await cli.run(["transaction", "abort", "aborted-id"]);
    expect(again.stderr).toMatch(/no transaction under way: its state is CompleteAbort/);
  });

  it("ends a transaction that hangs in a partition, by its producer", async () => {
    await createTopic(server.kafka, "hanging");
    await using producer = await kafkajsTransactions.start(server.kafka, "hanging-id");
    const transaction = await producer.begin();
    await transaction.send("hanging", 1, "hangs");
    const place = ["transaction", "abort", "--topic", "hanging:1"];
    const found = await cli.run(place);
    const producerId = /producer (\d+) in partition 1 from offset 0/.exec(found.stderr)?.[1] ?? "";
    expect(found.code).toBe(1);
    expect((await cli.run([...place, "--producer-id", "99999"])).stderr).toMatch(
      /has no transaction open there/,
    );
    // Its coordinator would commit the rest of it.
    const refused = await cli.run([...place, "--producer-id", producerId]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/runnel transaction abort hanging-id/);
    expect(await cli.json([...place, "--producer-id", producerId, "--force"])).toEqual({
      producerId: Number(producerId),
      partitions: [{ topic: "hanging", partition: 1, startOffset: 0 }],
    });
    await using other = await kafkajsTransactions.start(server.kafka, "other-id");
    const next = await other.begin();
    await next.send("hanging", 1, "read");
    await next.commit();
    await using reader = await Reader.start(server.kafka, ["hanging"]);
    expect(await reader.until("read")).toEqual(["read"]);
    expect((await cli.run([...place])).stderr).toMatch(/no transaction is open in topic "hanging"/);
  });

  it("takes an id or a place, not both and not neither", async () => {
    for (const args of [[], ["id", "--topic", "t"], ["--producer-id", "1"]]) {
      const { code, stderr } = await cli.run(["transaction", "abort", ...args]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/transactional id/)]);
    }
  });
});
