// Which turns run, who waits for one, and who listens. A turn belongs to its session, not to the request that began it.

import type { AgentEvent, Coordination, Json } from "../contract.ts";
import { needsSharedStore, RuntimeError, type SharedFeature } from "../errors.ts";
import type { Agent } from "./agent.ts";
import { EventLog } from "./event-log.ts";
import { runTurn, type TurnInput, type TurnResult } from "./turn.ts";

const LEASE = 30_000; // milliseconds for which a silent process keeps a turn
const RENEW_EVERY = 5_000;
const LONGEST_QUEUE = 20;
const LONGEST_WAIT = 10_000; // milliseconds for a cancelled turn to end

export interface RunningTurn {
  id: string;
  log: EventLog;
  result: Promise<TurnResult>;
  stop: AbortController;
}

export type Started = { turn: RunningTurn } | { queueLength: number };

export class Turns {
  readonly #agent: Agent;
  readonly #coordination: Coordination;
  readonly #shared: boolean;
  readonly #resident: boolean;
  readonly #running = new Map<string, RunningTurn>(); // of this process, by session
  readonly #queues = new Map<string, TurnInput[]>();

  constructor(agent: Agent, coordination: Coordination, { shared, resident }: { shared: boolean; resident: boolean }) {
    this.#agent = agent;
    this.#coordination = coordination;
    this.#shared = shared;
    this.#resident = resident;
  }

  /** Turns that go on while nobody waits for their answer need a process that stays, or a store that others see. */
  needsSharing(feature: SharedFeature): void {
    if (!this.#resident && !this.#shared) throw needsSharedStore(feature);
  }

  /** Starts the turn, or puts it behind the one that runs. */
  async start(sessionId: string, input: TurnInput): Promise<Started> {
    const session = await this.#agent.sessions.getOrCreate(sessionId);
    const turnId = crypto.randomUUID();
    if (!this.#queues.has(sessionId) && (await this.#coordination.begin(sessionId, turnId, LEASE))) {
      await this.#agent.approvals.forgetAll(session);
      return { turn: this.#run(sessionId, turnId, input) };
    }
    return { queueLength: this.#enqueue(sessionId, input) };
  }

  async isBusy(sessionId: string): Promise<boolean> {
    return this.#running.has(sessionId) || (await this.#coordination.running(sessionId)) !== null;
  }

  /** The running turn's events from its start; null where none runs. */
  async attach(sessionId: string, signal: AbortSignal): Promise<AsyncIterable<AgentEvent> | null> {
    const here = this.#running.get(sessionId);
    if (here) return here.log.follow(signal);
    this.needsSharing("attach");
    const turnId = await this.#coordination.running(sessionId);
    return turnId === null ? null : this.#coordination.follow(sessionId, turnId, signal);
  }

  async cancel(sessionId: string, { clearQueue }: { clearQueue: boolean }) {
    const here = this.#running.get(sessionId);
    if (!here) this.needsSharing("cancel");
    const clearedCount = clearQueue ? (this.#queues.get(sessionId)?.splice(0).length ?? 0) : 0;
    const cancelled = await this.#coordination.cancel(sessionId);
    here?.stop.abort(cancellation());
    return { cancelled: cancelled || here !== undefined, clearedCount };
  }

  /** Settles once the session's turn of this process is over, if there is one. */
  async settled(sessionId: string): Promise<void> {
    await this.#running.get(sessionId)?.result;
  }

  /** Settles once the session's turn is over, in whichever process it runs; after a while in any case. */
  async ended(sessionId: string): Promise<void> {
    const here = this.#running.get(sessionId)?.result;
    const late = new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT));
    await Promise.race([here ?? this.#endElsewhere(sessionId), late]).catch(() => undefined);
  }

  /** Settles once no turn of this process runs, for a host that wants to end. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running.values()].map((turn) => turn.result));
  }

  #enqueue(sessionId: string, input: TurnInput): number {
    if (!this.#resident && !this.#shared) throw busy(sessionId);
    const queue = this.#queues.get(sessionId) ?? [];
    if (queue.length >= LONGEST_QUEUE) throw queueFull(sessionId);
    queue.push(input);
    if (this.#queues.get(sessionId) === queue) return queue.length;
    this.#queues.set(sessionId, queue);
    this.#agent.host.waitUntil(this.#drainQueue(sessionId, queue));
    return queue.length;
  }

  /** Each message that waits becomes a turn of its own, in order. */
  async #drainQueue(sessionId: string, queue: TurnInput[]): Promise<void> {
    try {
      while (queue.length > 0) {
        const turnId = await this.#myTurn(sessionId);
        const input = queue.shift();
        if (input === undefined) await this.#coordination.end(sessionId, turnId);
        else await this.#run(sessionId, turnId, input).result;
      }
    } catch (error) {
      this.#agent.host.log("error", "A queued turn could not start.", { sessionId, error: String(error) });
    } finally {
      this.#queues.delete(sessionId);
    }
  }

  async #myTurn(sessionId: string): Promise<string> {
    const turnId = crypto.randomUUID();
    while (!(await this.#coordination.begin(sessionId, turnId, LEASE))) {
      await (this.#running.get(sessionId)?.result ?? this.#endElsewhere(sessionId));
    }
    return turnId;
  }

  async #endElsewhere(sessionId: string): Promise<void> {
    const other = await this.#coordination.running(sessionId);
    if (other === null) return;
    const signal = AbortSignal.timeout(LEASE);
    for await (const _event of this.#coordination.follow(sessionId, other, signal)) if (signal.aborted) return;
  }

  #run(sessionId: string, turnId: string, input: TurnInput): RunningTurn {
    const log = new EventLog();
    const stop = new AbortController();
    const turn: RunningTurn = { id: turnId, log, stop, result: this.#whole(sessionId, turnId, input, log, stop) };
    this.#running.set(sessionId, turn);
    this.#agent.host.waitUntil(turn.result);
    return turn;
  }

  async #whole(sessionId: string, turnId: string, input: TurnInput, log: EventLog, stop: AbortController) {
    const renewing = setInterval(() => void this.#renew(sessionId, turnId, stop), RENEW_EVERY);
    const published = new Publisher(this.#coordination, sessionId, turnId, this.#shared);
    const over = new AbortController();
    const { turns: watch } = this.#agent.host;
    watch?.began(sessionId);
    this.#heedOthers(sessionId, turnId, stop, over.signal);
    let last: AgentEvent | null = null;
    const emit = (event: { name: string; [key: string]: Json }) => {
      const whole = { ...event, sessionId };
      published.add(whole);
      if (event.name === "run:complete") last = whole;
      else log.push(whole);
    };
    try {
      return await runTurn({ agent: this.#agent, sessionId, signal: stop.signal, emit }, input);
    } finally {
      clearInterval(renewing);
      over.abort();
      await published.done();
      this.#running.delete(sessionId);
      await this.#coordination.end(sessionId, turnId);
      watch?.ended(sessionId);
      // Whoever hears that the turn is complete may begin the next one at once.
      if (last) log.push(last);
      log.close();
    }
  }

  /** Another process may cancel the turn, by way of the store. */
  #heedOthers(sessionId: string, turnId: string, stop: AbortController, over: AbortSignal): void {
    const stopped = this.#coordination.stopped?.(sessionId, turnId, over);
    stopped?.then(() => over.aborted || stop.abort(cancellation())).catch(() => undefined);
  }

  async #renew(sessionId: string, turnId: string, stop: AbortController): Promise<void> {
    const ours = await this.#coordination.renew(sessionId, turnId, LEASE).catch(() => true);
    if (!ours) stop.abort(cancellation());
  }
}

/** Hands events to the store in their order, without making the turn wait. */
class Publisher {
  readonly #publish: (event: AgentEvent) => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  constructor(coordination: Coordination, sessionId: string, turnId: string, shared: boolean) {
    this.#publish = shared ? (event) => coordination.publish(sessionId, turnId, event) : async () => undefined;
  }

  /** The store keeps the order of the calls, and writes together what comes together. */
  add(event: AgentEvent): void {
    const published = this.#publish(event).catch(() => undefined);
    this.#last = Promise.all([this.#last, published]).then(() => undefined);
  }

  done(): Promise<void> {
    return this.#last;
  }
}

const cancellation = () => new DOMException("The turn was cancelled.", "AbortError");

const busy = (sessionId: string) =>
  new RuntimeError("session_busy", "A turn of this session is running.", {
    status: 409,
    scope: "session",
    context: { sessionId },
  });

const queueFull = (sessionId: string) =>
  new RuntimeError("queue_full", `At most ${LONGEST_QUEUE} messages wait in a session.`, {
    status: 429,
    scope: "session",
    type: "rate_limit",
    context: { sessionId },
  });
