/** A broker that dies while somebody looks: what was seen stays, and everything goes on by itself. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN } from "../cli/command.ts";
import { Child } from "../harness/child.ts";
import { waitFor } from "../harness/wait.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { browserFixture } from "./fixture.ts";

const { onPage } = browserFixture();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnel-console-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("runnel up", () => {
  it(
    "opens a console that outlives its broker, and finds it again on other ports",
    async () => {
      const url = Promise.withResolvers<string>();
      const remarks: string[] = [];
      const free = "127.0.0.1:0";
      const addresses = ["--kafka", free, "--admin", free, "--console", free];
      await using up = new Child({
        name: "runnel up",
        command: [process.execPath, MAIN, "up", "--json", "--data-dir", folder, ...addresses],
        onLine: (line) => {
          const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
          if (event["event"] === "console") url.resolve(String(event["url"]));
          if (event["event"] === "remark") remarks.push(String(event["text"]));
        },
      });
      void up.exited.then(() => url.reject(new Error(up.output)));
      await onPage(await url.promise, "/", async (page) => {
        await page.getByText("Three steps to the first event").waitFor();
        const pid = await brokerPid();
        process.kill(pid, "SIGSTOP");
        process.kill(pid, "SIGKILL");
        await waitFor("the supervisor noticed", () =>
          remarks.some((text) => text.includes("SIGKILL")),
        );
        await page.getByText("Three steps to the first event").waitFor();
        await page.getByText("The broker does not answer.").waitFor({ state: "detached" });
        await page.getByText("Connected").waitFor();
        await page.reload();
        await page.getByText("Three steps to the first event").waitFor();
      });
      expect(await up.stop("SIGTERM")).toMatchObject({ code: 0 });
    },
    STARTS_WITHIN_MS,
  );
});

/** The broker that `up` started, by the folder in its command line. */
async function brokerPid(): Promise<number> {
  const pids: string[] = [];
  const found = new Child({
    name: "pgrep",
    command: ["pgrep", "-f", "--", `broker --data-dir ${folder}`],
    onLine: (line) => pids.push(line),
  });
  await found.exited;
  const pid = Number(pids[0]);
  if (!Number.isInteger(pid) || pid <= 1) throw new Error("there is no broker");
  return pid;
}
