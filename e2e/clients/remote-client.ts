/**
 * A client in another language: a program that reads calls from standard input and answers on standard output, one JSON
 * object per line.
 *
 *   → {"id": 7, "call": "listOffset", "args": {"topic": "t", "partition": 0, "at": "latest"}}
 *   ← {"id": 7, "result": 10}      or      {"id": 7, "error": {"code": 3, "message": "…"}}
 *
 * Calls may overlap, and their answers may come in any order. The program ends when its input ends.
 */
import { Child } from "../harness/child.ts";
import { within } from "../harness/wait.ts";
import { CallError, type CallName, type Calls, type Client } from "./calls.ts";

const ENDS_WITHIN_MS = 20_000;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number | null; readonly message: string };
}

const callNames: readonly CallName[] = [
  "produce",
  "open",
  "join",
  "read",
  "assignment",
  "commit",
  "close",
  "createTopic",
  "listTopics",
  "countPartitions",
  "createPartitions",
  "deleteTopic",
  "describeConfig",
  "alterConfig",
  "deleteRecords",
  "listOffset",
  "listGroups",
  "describeGroup",
  "committedOffsets",
  "alterOffsets",
  "deleteOffsets",
  "deleteGroup",
];

/** Starts the program; `command` should end with the broker's address. */
export function startRemoteClient(
  name: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Client {
  const remote = startRemote(name, command, env);
  const calls = Object.fromEntries(
    callNames.map((callName) => [callName, (args: unknown) => remote.call(callName, args)]),
  ) as unknown as Calls;
  return { ...calls, [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose]() };
}

/** A program that answers calls. */
export interface Remote extends AsyncDisposable {
  /** Rejects with `CallError`. */
  call(name: string, args: unknown): Promise<unknown>;
}

export function startRemote(
  name: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Remote {
  let lastId = 0;
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  const child = new Child({
    name,
    command,
    env,
    onLine(line) {
      if (!line.startsWith("{")) {
        return;
      }
      const answer = JSON.parse(line) as Answer;
      const waiting = pending.get(answer.id);
      pending.delete(answer.id);
      if (answer.error === undefined) {
        waiting?.resolve(answer.result);
      } else {
        waiting?.reject(new CallError(answer.error.code, answer.error.message));
      }
    },
  });
  void child.exited.then(({ code, signal }) => {
    for (const waiting of pending.values()) {
      waiting.reject(
        new CallError(null, `${name} ended with ${signal ?? code}:\n${child.output.slice(-4_000)}`),
      );
    }
    pending.clear();
  });
  return {
    call(callName, args) {
      if (child.hasExited) {
        throw new CallError(null, `${name} has ended:\n${child.output.slice(-4_000)}`);
      }
      const waiting = Promise.withResolvers<unknown>();
      lastId += 1;
      pending.set(lastId, waiting);
      child.write(`${JSON.stringify({ id: lastId, call: callName, args })}\n`);
      return waiting.promise;
    },
    async [Symbol.asyncDispose]() {
      child.endInput();
      await within(`${name} ends with its input`, ENDS_WITHIN_MS, child.exited).catch(() =>
        child.stop("SIGKILL"),
      );
    },
  };
}
