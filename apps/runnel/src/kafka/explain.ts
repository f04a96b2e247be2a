/** What went wrong between us and the cluster, as one sentence that says what to do. */
import { type ErrorName, errorInfo } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import { escapeControls } from "../cli/text.ts";

/** Depth and number of nested errors that are looked at. */
const ERRORS_LOOKED_AT = 50;

/** What to do about an outcome, where there is something better to say than its meaning. */
const ADVICE: Partial<Record<ErrorName, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "see what there is with: runnel topic list",
  TOPIC_ALREADY_EXISTS: "change it with: runnel topic alter",
  NON_EMPTY_GROUP: "stop its members first",
  UNKNOWN_MEMBER_ID: "stop the members of the group first",
  MESSAGE_TOO_LARGE: "raise max.message.bytes of the topic, or send less at a time",
  GROUP_ID_NOT_FOUND: "see what there is with: runnel group list",
  TRANSACTIONAL_ID_NOT_FOUND: "see what there is with: runnel transaction list",
  INVALID_REPLICATION_FACTOR: "ask for no more replicas than there are brokers",
};

const CONNECTION_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name could not be looked up",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
};

/** The sentence for an outcome of the protocol; `detail` is what the broker itself said of it. */
export function explainCode(code: number, detail?: string | null): string {
  const info = errorInfo(code);
  if (info === undefined) return `the broker answered with error ${code}`;
  // Some answers carry the name of the error once more in place of a text.
  const said = (detail ?? "") === "" || detail === info.name ? null : oneLine(detail ?? "");
  const advice = ADVICE[info.name];
  const text = said ?? info.text;
  return `${text} (${info.name})${advice === undefined ? "" : `: ${advice}`}`;
}

/** Throws `CommandError` for any code but NONE. */
export function checkCode(code: number, subject: string, detail?: string | null): void {
  if (code !== 0) throw new CommandError(`${subject}: ${explainCode(code, detail)}`);
}

/** The sentence for anything the client library throws. */
export function explain(error: unknown, bootstrap: string): string {
  const all = flatten(error);
  const outcome = outcomeIn(all);
  if (outcome !== null) return explainCode(outcome.code, outcome.detail);
  for (const each of all) {
    const reason = CONNECTION_CODES[textOf(each["code"]) ?? ""];
    if (reason !== undefined) return cannotReach(bootstrap, reason);
  }
  const first = all.find((each) => textOf(each["code"]) === "PLT_KFK_NETWORK");
  if (first !== undefined) {
    const message = textOf(first["message"]) ?? "";
    return cannotReach(bootstrap, /timed out/i.test(message) ? "no answer" : oneLine(message));
  }
  return oneLine(textOf(all.at(-1)?.["message"]) ?? String(error));
}

/** Where in an answer the client library found what one record of a batch did wrong. */
const RECORD_PATH = /^(.*)\/record_errors\//;

/**
 * The first outcome among `all`. Of a record that was refused the client library makes an error with
 * the code −1, which stands for no outcome: that is the one of its partition, but it says most.
 */
function outcomeIn(
  all: readonly Readonly<Record<string, unknown>>[],
): { readonly code: number; readonly detail: string | null } | null {
  const outcomes = all.flatMap(({ apiCode: code, path, serverErrorMessage }) => {
    return typeof code === "number"
      ? [{ code, path: textOf(path) ?? "", detail: textOf(serverErrorMessage) }]
      : [];
  });
  const first = outcomes.find(({ path }) => !RECORD_PATH.test(path)) ?? outcomes[0];
  if (first === undefined) return null;
  const ofRecord = outcomes.find(({ path }) => RECORD_PATH.exec(path)?.[1] === first.path);
  return { code: first.code, detail: ofRecord?.detail ?? first.detail };
}

function cannotReach(bootstrap: string, reason: string): string {
  return (
    `cannot reach a Kafka broker at ${bootstrap} (${reason}): ` +
    'start one with "runnel up", or name another with --bootstrap HOST:PORT'
  );
}

/** An error with everything that it carries, outermost first. */
function flatten(error: unknown): Readonly<Record<string, unknown>>[] {
  const found: Readonly<Record<string, unknown>>[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && found.length < ERRORS_LOOKED_AT) {
    const next = waiting.shift();
    if (typeof next !== "object" || next === null) continue;
    const fields = next as Record<string, unknown>;
    found.push(fields);
    if (Array.isArray(fields["errors"])) waiting.push(...fields["errors"]);
    waiting.push(fields["cause"]);
  }
  return found;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function oneLine(text: string): string {
  return escapeControls(text.trim().replaceAll(/\s+/g, " ")).replace(/\.$/, "");
}
