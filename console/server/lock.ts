/**
 * A lock between processes: a folder with the id of the process that holds it. It comes to its place by
 * one rename, with what is in it, and one whose holder is gone leaves it by another:
 *
 *   lock/holder        who holds it: "pid token"
 *   gone-<token>/   a lock that was taken from a process that is gone
 *
 * The token is in the name that it is moved to. Of several that find the same holder gone, the first one
 * moves it; the others find that name in use, and cannot take the lock that was put there since.
 */
import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const HOLDER = "holder";
const GONE = "gone-";
/** What moving a folder to a name that is in use ends in. */
const IN_USE = new Set(["EEXIST", "ENOTEMPTY", "EPERM", "EBUSY"]);

export interface LockHolder {
  readonly pid: number;
  readonly token: string;
}

/** Takes the lock in `folder`, where nobody has it; who has it else, or null for somebody just now. */
export function takeLock(folder: string, pid: number): "taken" | LockHolder | null {
  const token = randomUUID();
  const made = join(folder, `making-${token}`);
  mkdirSync(made);
  writeFileSync(join(made, HOLDER), `${pid} ${token}`);
  if (move(made, join(folder, "lock"))) return "taken";
  rmSync(made, { recursive: true, force: true });
  return holderOf(folder);
}

/** Moves the lock of a holder that is gone out of the way; false where somebody else did. */
export function clearLock(folder: string, { token }: LockHolder): boolean {
  return move(join(folder, "lock"), join(folder, `${GONE}${token}`));
}

/** Gives back a lock that this process holds. */
export function releaseLock(folder: string): void {
  rmSync(join(folder, "lock"), { recursive: true, force: true });
}

/** Removes what is left of locks and of attempts, where it is `ageMs` old: nobody acts on it any more. */
export function removeOldLocks(folder: string, ageMs: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // Whoever waits makes folders and removes them again.
    const madeAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (name === "lock" || Date.now() - madeAtMs < ageMs) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

/** Whether a process is there; also one of somebody else. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function holderOf(folder: string): LockHolder | null {
  try {
    const [pid = "", token = ""] = readFileSync(join(folder, "lock", HOLDER), "utf8").split(" ");
    return { pid: Number(pid), token };
  } catch {
    return null;
  }
}

/** Whether a folder was moved; false where the new name is in use or the old one is gone. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (IN_USE.has(code) || code === "ENOENT") return false;
    throw error;
  }
}
