/**
 * The floor: what this runtime on this machine can do at most. A server that speaks just enough to be
 * driven by the same load: receive, CRC-32C, write to a file (and sync), or send from memory or a file.
 *
 * `node floor.ts MODE FILE`, MODE one of produce, produce-sync, fetch-memory, fetch-file. Frames have a
 * length before them; an answer repeats the correlation id. Prints `listening PORT`.
 */
import * as fs from "node:fs";
import * as net from "node:net";
import { promisify } from "node:util";
import { crc32c } from "@runnel/kit/crc32c.ts";

const [mode = "produce", path = "floor.data"] = process.argv.slice(2);
const RECORDS_AT = 100;
const FETCH_BYTES = 1024 * 1024;
const FETCH_SPAN = 64;
const writev = promisify(fs.writev);
const read = promisify(fs.read);
const fdatasync = promisify(fs.fdatasync);
const file = fs.openSync(path, mode === "fetch-file" ? "r" : "w+");
const memory = Array.from({ length: FETCH_SPAN }, (_, i) => Buffer.alloc(FETCH_BYTES, i));

interface Pending {
  readonly socket: net.Socket;
  readonly frame: Buffer;
}

let pending: Pending[] = [];
let isWriting = false;
let position = 0;
let checksum = 0;

async function write(): Promise<void> {
  isWriting = true;
  while (pending.length > 0) {
    const batch = pending;
    pending = [];
    const frames = batch.map((one) => one.frame.subarray(Math.min(RECORDS_AT, one.frame.length)));
    await writev(file, frames, position);
    for (const frame of frames) position += frame.length;
    if (mode === "produce-sync") await fdatasync(file);
    for (const { socket, frame } of batch) acknowledge(socket, frame);
  }
  isWriting = false;
}

/** Length, correlation id, and as many bytes as an answer of Produce has. */
function acknowledge(socket: net.Socket, frame: Buffer): void {
  const answer = Buffer.alloc(68);
  answer.writeInt32BE(64);
  frame.copy(answer, 4, 4, 8);
  socket.write(answer);
}

let served = 0;

async function serve(socket: net.Socket, frame: Buffer): Promise<void> {
  const at = served++ % FETCH_SPAN;
  let bytes = memory[at] as Buffer;
  if (mode === "fetch-file") {
    bytes = Buffer.allocUnsafeSlow(FETCH_BYTES);
    await read(file, bytes, 0, FETCH_BYTES, at * FETCH_BYTES);
  }
  const head = Buffer.alloc(68);
  head.writeInt32BE(64 + bytes.length);
  frame.copy(head, 4, 4, 8);
  socket.cork();
  socket.write(head);
  socket.write(bytes);
  socket.uncork();
}

function receive(socket: net.Socket, frame: Buffer): void {
  if (mode.startsWith("fetch")) {
    void serve(socket, frame);
    return;
  }
  checksum ^= crc32c(frame.subarray(Math.min(RECORDS_AT, frame.length)));
  pending.push({ socket, frame });
  if (!isWriting) setImmediate(() => !isWriting && pending.length > 0 && void write());
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let chunks: Buffer[] = [];
  let size = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= 4) {
      const first = chunks[0] as Buffer;
      const head = first.length >= 4 ? first : Buffer.concat(chunks);
      const length = head.readInt32BE(0);
      if (size < 4 + length) break;
      const all = chunks.length === 1 ? first : Buffer.concat(chunks);
      receive(socket, all.subarray(4, 4 + length));
      const rest = all.subarray(4 + length);
      chunks = rest.length > 0 ? [rest] : [];
      size = rest.length;
    }
  });
});

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening ${(server.address() as net.AddressInfo).port}\n`);
});
process.on("SIGTERM", () => process.exit(checksum === 1 ? 1 : 0));
