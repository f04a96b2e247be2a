/**
 * One client connection: bytes in, requests dispatched in the order of arrival, answers out in the
 * same order.
 *
 *   open ──request refused, or the listener stops──▶ ending ──answers sent──▶ closing ──▶ closed
 *     └──────────────── deadline, limit, reset, client gone ───────────────────────────────▲
 *
 * Reading pauses while too many requests are under way, too many bytes of answers wait to be sent, or
 * the budget of all connections is used up. In `ending` nothing is dispatched any more; in `closing`
 * what still comes in is thrown away.
 */
import { DecodeError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock } from "@runnel/kit/world.ts";
import type { Socket, SocketHandlers } from "#io/ports.ts";
import type { LogLimiter } from "#metrics/log-limiter.ts";
import { safeText } from "#metrics/log-text.ts";
import type { BudgetWaiter, ByteBudget } from "./byte-budget.ts";
import { ConnectionAbort } from "./connection-abort.ts";
import { FrameAssembler } from "./frame-assembler.ts";
import type { NetLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { Dispatch, Peer, Reply } from "./ports.ts";
import type { CloseReason, NetProbe } from "./probe.ts";

/** What the connections of one listener share. */
export interface ConnectionOwner {
  readonly name: string;
  /** Whether clients must prove who they are before anything else. */
  readonly asksWho: boolean;
  readonly limits: NetLimits;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly probe: NetProbe;
  readonly log: LogLimiter;
  readonly dispatch: Dispatch;
  readonly allocate: (length: number) => Uint8Array;
  /** Calls `connection.flush()` at the end of this turn. */
  flushSoon(connection: Connection): void;
  onClosed(connection: Connection, reason: CloseReason): void;
}

/** One request on its way; the queue of a connection is a chain of these. */
class Slot implements Reply {
  readonly #connection: Connection;
  readonly frameBytes: number;
  state: "pending" | "answered" | "failed" = "pending";
  parts: readonly Uint8Array[] | null = null;
  next: Slot | null = null;

  constructor(connection: Connection, frameBytes: number) {
    this.#connection = connection;
    this.frameBytes = frameBytes;
  }

  send(parts: readonly Uint8Array[] | null): void {
    if (this.state !== "pending") return;
    this.state = "answered";
    // Nobody will send it, and requests behind this one may keep it from being let go.
    this.parts = this.#connection.isGone ? null : parts;
    this.#connection.onAnswer(this);
  }

  fail(error: unknown): void {
    if (this.state !== "pending") return;
    this.state = "failed";
    this.#connection.onFailure(this, error);
  }
}

export class Connection implements Peer, SocketHandlers, BudgetWaiter {
  readonly id: number;
  readonly listenerName: string;
  readonly clientHost: string;
  readonly clientPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #assembler: FrameAssembler;
  readonly #outbox = new Outbox();
  #state: "open" | "ending" | "closing" | "closed" = "open";
  #closeReason: CloseReason = "client";
  #isAuthenticated: boolean;
  #head: Slot | null = null;
  #tail: Slot | null = null;
  #inFlightRequests = 0;
  #inFlightBytes = 0;
  /** What the budget was last told of this connection. */
  #bookedBytes = 0;
  #bookedInFlight = 0;
  /** Bytes of answers that are ready, behind one that is not. */
  #waitingAnswerBytes = 0;
  /** What the probe was last told of answers that wait here. */
  #bookedUnsent = 0;
  #isDispatching = false;
  #isPaused = false;
  #waitsForRoom = false;
  #hasPass = false;
  #isFlushDue = false;
  #isCut = false;
  /** Monotonic ms, each. */
  readonly #acceptedAt: number;
  #activeAt: number;
  /** When the frame under way began; moved on by the time in which it was not read. */
  #frameStartedAt = 0;
  #isMidFrame = false;
  #pausedAt = 0;
  /** Since when the socket has taken nothing of what waits. */
  #sendStalledAt = 0;
  #closingAt = 0;

  constructor(owner: ConnectionOwner, socket: Socket, id: number) {
    this.id = id;
    this.#owner = owner;
    this.#socket = socket;
    this.listenerName = owner.name;
    this.clientHost = `/${socket.remoteAddress}`;
    this.clientPort = socket.remotePort;
    this.localAddress = socket.localAddress;
    this.localPort = socket.localPort;
    this.#isAuthenticated = !owner.asksWho;
    const { frameBytesMax, unauthenticatedFrameBytesMax } = owner.limits;
    this.#assembler = new FrameAssembler(
      owner.allocate,
      this.#isAuthenticated ? frameBytesMax : unauthenticatedFrameBytesMax,
    );
    this.#acceptedAt = owner.clock.monotonicMs();
    this.#activeAt = this.#acceptedAt;
    socket.listen(this);
  }

  get isGone(): boolean {
    return this.#isCut || this.#state === "closed";
  }

  /** Bytes of answers that wait to be sent; none once the connection is given up. */
  get unsentBytes(): number {
    return this.#bookedUnsent;
  }

  /** Requests that were dispatched and not answered. */
  get inFlightRequests(): number {
    return this.#inFlightRequests;
  }

  markAuthenticated(): void {
    this.#isAuthenticated = true;
    this.#assembler.frameBytesMax = this.#owner.limits.frameBytesMax;
  }

  onData(bytes: Uint8Array): void {
    const owner = this.#owner;
    owner.probe.receivedBytes.add(bytes.length);
    if (this.#state !== "open") return;
    this.#activeAt = owner.clock.monotonicMs();
    this.#assembler.push(bytes);
    this.#dispatchFrames();
  }

  onDrain(): void {
    this.#sendStalledAt = this.#owner.clock.monotonicMs();
    this.flush();
  }

  onClose(error: Error | null): void {
    if (this.#state === "closed") return;
    if (this.#state === "open" && error !== null) this.#closeReason = "reset";
    this.#state = "closed";
    this.#bookUnsent();
    this.#assembler.frameBytesMax = 0;
    this.#outbox.clear();
    this.#head = null;
    this.#tail = null;
    this.#owner.budget.change(-this.#bookedBytes, -this.#bookedInFlight);
    this.#leaveBudget();
    this.#bookedBytes = 0;
    this.#bookedInFlight = 0;
    this.#owner.onClosed(this, this.#closeReason);
  }

  onRoom(isAlone: boolean): void {
    this.#waitsForRoom = false;
    this.#hasPass = isAlone;
    this.#updateReading();
  }

  /** Called by a slot: its answer is there. */
  onAnswer(slot: Slot): void {
    this.#settle(slot);
    if (this.#state === "closed") return;
    for (const part of slot.parts ?? []) this.#waitingAnswerBytes += part.length;
    this.#release();
    this.#bookUnsent();
    this.#scheduleFlush();
  }

  /** Called by a slot: there will be no answer. */
  onFailure(slot: Slot, error: unknown): void {
    this.#settle(slot);
    this.#refuse(error);
    this.#release();
    this.#scheduleFlush();
  }

  /** Sends what is ready and reads on where that was held back; the owner calls it once a turn. */
  flush(): void {
    this.#isFlushDue = false;
    if (this.#state === "closed") return;
    const wasStalled = this.#socket.unsentBytes > 0;
    this.#owner.probe.sentBytes.add(this.#outbox.flush(this.#socket));
    if (!wasStalled && this.#socket.unsentBytes > 0) {
      this.#sendStalledAt = this.#owner.clock.monotonicMs();
    }
    this.#bookUnsent();
    const { unsentBytesMax } = this.#owner.limits;
    if (this.#unsentBytes() > unsentBytesMax) this.#cut("unsentBytes");
    else if (this.#state === "open") this.#dispatchFrames();
    else if (this.#state === "ending" && this.#head === null && this.#outbox.bytes === 0) {
      this.#close();
    }
  }

  /** Takes no more requests; the connection ends when those under way are answered and sent. */
  stop(): void {
    if (this.#state !== "open") return;
    this.#closeReason = "stopping";
    this.#end();
  }

  /** Closes at once, because too many bytes of answers wait on all connections. */
  giveUp(): void {
    this.#cut("unsentBytes");
  }

  /** Closes at once. */
  destroy(): void {
    if (this.#state !== "closed") this.#cut(this.#closeReason);
  }

  /** Ends what has outlived a deadline. */
  sweep(nowMs: number): void {
    const { limits } = this.#owner;
    if (this.#state === "closing") {
      if (nowMs - this.#closingAt > limits.closingMs) this.#cut(this.#closeReason);
      return;
    }
    const unsentBytes = this.#unsentBytes();
    if (this.#socket.unsentBytes > 0 && nowMs - this.#sendStalledAt > limits.unreadMs) {
      this.#cut("unread");
    } else if (!this.#isAuthenticated && nowMs - this.#acceptedAt > limits.authenticationMs) {
      this.#cut("authenticationTimeout");
    } else if (this.#isMidFrame && !this.#isPaused && this.#isFrameLate(nowMs)) {
      this.#cut("frameTimeout");
    } else if (this.#inFlightRequests === 0 && unsentBytes === 0 && !this.#isPaused) {
      if (nowMs - this.#activeAt > limits.idleMs) this.#cut("idle");
    }
  }

  /** Dispatches the frames that are there, as far as limits allow; then sees whether to read on. */
  #dispatchFrames(): void {
    if (this.#isDispatching || this.#state !== "open") return;
    this.#isDispatching = true;
    try {
      while (this.#hasCapacity()) {
        const frame = this.#assembler.next();
        if (frame === null) break;
        this.#dispatch(frame);
        if (this.#state !== "open") break;
      }
    } catch (error) {
      if (error instanceof DecodeError) this.#closeReason = "badFrame";
      this.#refuse(error);
      this.#scheduleFlush();
    }
    this.#isDispatching = false;
    this.#book();
    this.#updateReading();
  }

  #dispatch(frame: Uint8Array): void {
    const slot = new Slot(this, frame.length);
    if (this.#tail === null) this.#head = slot;
    else this.#tail.next = slot;
    this.#tail = slot;
    this.#inFlightRequests += 1;
    this.#inFlightBytes += frame.length;
    this.#isMidFrame = false;
    if (this.#hasPass) {
      this.#hasPass = false;
      this.#owner.budget.endPass(this);
    }
    try {
      this.#owner.dispatch(frame, this, this.#activeAt, slot);
    } catch (error) {
      slot.fail(error);
    }
  }

  /** A slot has its outcome. */
  #settle(slot: Slot): void {
    this.#inFlightRequests -= 1;
    this.#inFlightBytes -= slot.frameBytes;
    if (!this.#isDispatching) this.#book();
  }

  /** Moves the answers at the head of the queue to the outbox; behind a failure all is dropped. */
  #release(): void {
    while (this.#head !== null && this.#head.state !== "pending") {
      if (this.#head.state === "failed") {
        this.#head = null;
        break;
      }
      const { parts } = this.#head;
      if (parts !== null) {
        const before = this.#outbox.bytes;
        this.#outbox.add(parts);
        this.#waitingAnswerBytes -= this.#outbox.bytes - before;
      }
      this.#head = this.#head.next;
    }
    if (this.#head === null) this.#tail = null;
  }

  #scheduleFlush(): void {
    if (this.#isFlushDue || this.#state === "closed") return;
    this.#isFlushDue = true;
    this.#owner.flushSoon(this);
  }

  #unsentBytes(): number {
    return this.#outbox.bytes + this.#socket.unsentBytes + this.#waitingAnswerBytes;
  }

  /** Tells the probe how many bytes of answers wait here. */
  #bookUnsent(): void {
    const unsent = this.isGone ? 0 : this.#unsentBytes();
    this.#owner.probe.unsentBytes += unsent - this.#bookedUnsent;
    this.#bookedUnsent = unsent;
  }

  #hasCapacity(): boolean {
    const { inFlightRequestsMax, unsentBytesPause } = this.#owner.limits;
    return this.#inFlightRequests < inFlightRequestsMax && this.#unsentBytes() < unsentBytesPause;
  }

  /** Tells the budget what this connection holds now. */
  #book(): void {
    if (this.#state === "closed") return;
    const held = this.#inFlightBytes + this.#assembler.pendingBytes;
    const heldDelta = held - this.#bookedBytes;
    const inFlightDelta = this.#inFlightBytes - this.#bookedInFlight;
    if (heldDelta === 0 && inFlightDelta === 0) return;
    this.#bookedBytes = held;
    this.#bookedInFlight = this.#inFlightBytes;
    this.#owner.budget.change(heldDelta, inFlightDelta);
  }

  /** Notes whether a frame is under way, and pauses or resumes the socket. */
  #updateReading(): void {
    if (this.#state !== "open") return;
    const isMidFrame = this.#assembler.isMidFrame;
    if (isMidFrame && !this.#isMidFrame) this.#frameStartedAt = this.#activeAt;
    this.#isMidFrame = isMidFrame;
    const { budget } = this.#owner;
    const hasRoom = this.#hasPass || budget.allows(this.#bookedBytes);
    if (hasRoom === this.#waitsForRoom) {
      this.#waitsForRoom = !hasRoom;
      if (hasRoom) budget.stopWaiting(this);
      else budget.wait(this);
    }
    const mayRead = hasRoom && this.#hasCapacity();
    if (mayRead === !this.#isPaused) return;
    this.#isPaused = !mayRead;
    const nowMs = this.#owner.clock.monotonicMs();
    if (mayRead) {
      this.#frameStartedAt += nowMs - this.#pausedAt;
      this.#activeAt = nowMs;
      this.#socket.resume();
    } else {
      this.#pausedAt = nowMs;
      this.#owner.probe.readPauses.add();
      this.#socket.pause();
    }
  }

  #isFrameLate(nowMs: number): boolean {
    const { frameMs, frameBytesPerMs } = this.#owner.limits;
    const allowedMs = frameMs + this.#assembler.pendingBytes / frameBytesPerMs;
    return nowMs - this.#frameStartedAt > allowedMs;
  }

  /** Counts and logs what made this connection end, and takes no more requests. */
  #refuse(error: unknown): void {
    const { probe, log } = this.#owner;
    const fields = { client: `${this.clientHost}:${this.clientPort}`, listener: this.listenerName };
    if (error instanceof DecodeError) {
      probe.decodeFailures.add();
      if (this.#closeReason === "client") this.#closeReason = "badRequest";
      const reason = safeText(messageOf(error));
      log.warn({ ...fields, reason }, "closed a connection: not Kafka's protocol");
    } else if (error instanceof ConnectionAbort) {
      if (this.#closeReason === "client") this.#closeReason = "refused";
      log.info({ ...fields, reason: error.message }, "closed a connection: it asks for no answer");
    } else {
      probe.requestFailures.add();
      if (this.#closeReason === "client") this.#closeReason = "failure";
      log.error({ ...fields, error }, "closed a connection: a request failed");
    }
    this.#end();
  }

  #end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    if (!this.#isPaused) this.#socket.pause();
    this.#isPaused = true;
    this.#leaveBudget();
    this.#scheduleFlush();
  }

  #leaveBudget(): void {
    this.#owner.budget.stopWaiting(this);
    this.#owner.budget.endPass(this);
    this.#waitsForRoom = false;
    this.#hasPass = false;
  }

  /** All is sent: closes in order, and waits a while for the client to do the same. */
  #close(): void {
    this.#state = "closing";
    this.#closingAt = this.#owner.clock.monotonicMs();
    this.#socket.end();
    // Only a socket that is read notices that the client has gone, too.
    this.#socket.resume();
  }

  #cut(reason: CloseReason): void {
    this.#closeReason = reason;
    this.#state = this.#state === "closed" ? "closed" : "closing";
    this.#closingAt = this.#owner.clock.monotonicMs();
    this.#isCut = true;
    this.#bookUnsent();
    this.#socket.destroy();
  }
}
