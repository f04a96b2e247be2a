/** `runnel up`: a supervisor that keeps a broker alive, and ends with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Child } from "../harness/child.ts";
import { denoPath } from "../harness/server.ts";
import { waitFor, within } from "../harness/wait.ts";
import { Cli, MAIN } from "./command.ts";

/** Within this time, `runnel up` takes further signals for the first one. */
const SAME_SIGNAL_MS = 500;
/** Less than the time after which a broker that does not stop is killed anyway. */
const WITHOUT_PATIENCE_MS = 10_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnel-up-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Up {
  readonly child: Child;
  /** The next event of that name, from the beginning on, each once. */
  next(event: string): Promise<Readonly<Record<string, unknown>>>;
}

function startUp(...more: readonly string[]): Up {
  return startUpOn([process.execPath], ...more);
}

function startUpOn(runtime: readonly [string, ...string[]], ...more: readonly string[]): Up {
  const events: Readonly<Record<string, unknown>>[] = [];
  let wake = (): void => {};
  const args = ["up", "--json", "--data-dir", folder, "--kafka", "127.0.0.1:0", "--admin", "off"];
  const child = new Child({
    name: "runnel up",
    command: [...runtime, MAIN, ...args, ...more],
    onLine: (line) => {
      events.push(JSON.parse(line));
      wake();
    },
  });
  return {
    child,
    async next(event) {
      for (;;) {
        const index = events.findIndex((each) => each["event"] === event);
        const [found] = index < 0 ? [] : events.splice(index, 1);
        if (found !== undefined) return found;
        if (child.hasExited) throw new Error(`runnel up ended:\n${child.output}`);
        await new Promise<void>((settle) => {
          wake = settle;
          void child.exited.then(() => settle());
        });
      }
    },
  };
}

/** Processes whose command line names our folder, the supervisor left out. */
async function brokerPids(): Promise<readonly number[]> {
  const { stdout } = await new Cli("").shell(
    `pgrep -f -- "main.mjs broker --data-dir ${folder}" || true`,
  );
  return stdout.toString().split("\n").filter(Boolean).map(Number).filter(isAlive);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function waitForNoBroker(): Promise<boolean> {
  return waitFor("the broker has ended", async () => (await brokerPids()).length === 0);
}

describe("runnel up", () => {
  it("brings up a broker that takes records, and stops with it on SIGTERM", async () => {
    const { child, next } = startUp();
    const { kafka } = await next("ready");
    const cli = new Cli(String(kafka));
    await cli.text(["produce", "orders"], "hello\n");
    expect(await cli.text(["consume", "orders", "--to", "end"])).toBe("hello\n");
    expect(await child.stop("SIGTERM")).toMatchObject({ code: 0 });
    expect(await brokerPids()).toEqual([]);
  });

  it("ends with 0 on SIGTERM under Deno too", async () => {
    const { child, next } = startUpOn([await denoPath(), "run", "-A"]);
    await next("ready");
    expect(await child.stop("SIGTERM")).toMatchObject({ code: 0 });
  });

  it("starts a broker again that died, with all that was acknowledged", async () => {
    const { child, next } = startUp();
    const first = new Cli(String((await next("ready"))["kafka"]));
    await first.text(["produce", "orders"], "hello\n");
    const [pid] = await brokerPids();
    process.kill(pid ?? 0, "SIGKILL");
    expect(await next("remark")).toMatchObject({
      text: "The broker was ended by SIGKILL; starting it again in 0.25 s.",
    });
    const second = new Cli(String((await next("ready"))["kafka"]));
    expect(await second.text(["consume", "orders", "--to", "end"])).toBe("hello\n");
    expect(await child.stop("SIGINT")).toMatchObject({ code: 0 });
  });

  it("ends at once on a second signal, and takes two in quick succession as one", async () => {
    const { child, next } = startUp();
    await next("ready");
    const [pid] = await brokerPids();
    if (pid === undefined) throw new Error("there is no broker");
    // A broker that is frozen takes no signal but the one that cannot be refused.
    process.kill(pid, "SIGSTOP");
    try {
      child.kill("SIGTERM");
      expect(await next("remark")).toMatchObject({ text: expect.stringMatching(/^Stopping/) });
      child.kill("SIGTERM");
      await delay(SAME_SIGNAL_MS + 250);
      expect(child.hasExited).toBe(false);
      expect(isAlive(pid)).toBe(true);
      child.kill("SIGTERM");
      const exit = await within("runnel up ends", WITHOUT_PATIENCE_MS, child.exited);
      expect(exit).toEqual({ code: 1, signal: null });
      expect(child.output).not.toMatch(/does not stop/);
      expect(isAlive(pid)).toBe(false);
    } finally {
      if (isAlive(pid)) process.kill(pid, "SIGKILL");
    }
  });

  it("leaves no broker behind when it is killed itself", async () => {
    const { child, next } = startUp();
    await next("ready");
    expect(await brokerPids()).toHaveLength(1);
    await child.stop("SIGKILL");
    expect(await waitForNoBroker()).toBe(true);
  });

  it("ends with the broker's exit code where it cannot start", async () => {
    const { child } = startUp("--set", "no.such.setting=1");
    expect(await child.exited).toMatchObject({ code: 2 });
    expect(child.output).toMatch(/no setting is called/);
  });

  it("says on a plain start where everything is and what to try", async () => {
    const lines: string[] = [];
    const done = Promise.withResolvers<void>();
    const addresses = ["--kafka", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--console", "off"];
    const args = ["up", "--data-dir", folder, ...addresses];
    const child = new Child({
      name: "runnel up",
      command: [process.execPath, MAIN, ...args],
      onLine: (line) => {
        lines.push(line);
        if (line.includes("Ctrl-C")) done.resolve();
      },
    });
    await done.promise;
    const text = lines.join("\n");
    expect(text).toMatch(/kafka 127\.0\.0\.1:\d+/);
    expect(text).toMatch(/admin 127\.0\.0\.1:\d+/);
    expect(text).toMatch(
      /try, in this folder, in another terminal:\n\n {2}npx runnel topic create/,
    );
    expect(text).toMatch(/kcat -C -b 127\.0\.0\.1:\d+ -t orders/);
    expect(await child.stop("SIGTERM")).toMatchObject({ code: 0 });
  });

  it.runIf(process.platform === "linux")("feeds this machine's metrics with --demo", async () => {
    const { child, next } = startUp("--demo");
    const { kafka } = await next("ready");
    await next("demo");
    const cli = new Cli(String(kafka));
    const lines = await cli.lines(["consume", "host.metrics", "--from", "beginning", "--max", "4"]);
    const keys = lines.map(({ key }) => (key as { readonly data: string }).data);
    expect(keys.some((key) => key.endsWith("/cpu"))).toBe(true);
    expect(keys.some((key) => key.endsWith("/memory"))).toBe(true);
    const [event] = await cli.lines(["consume", "host.processes", "--from", "0", "--max", "1"]);
    expect(event).toMatchObject({
      value: { data: expect.stringMatching(/"event":"(start|stop)"/) },
    });
    expect(await child.stop("SIGTERM")).toMatchObject({ code: 0 });
  });
});
