// Turns of all processes in Redis: keys and streams are the truth, a published word only wakes those who wait.

import { Bells, type Bell } from "../turns/bells.ts";
import {
  ANSWER_KEPT_MS,
  KEPT_MS,
  answerKey,
  turnKey,
  type News,
  type Reading,
  type TurnBoard,
  type TurnState,
} from "../turns/shared-turns.ts";
import type { RedisClient } from "./client.ts";
import type { Connection } from "./connection.ts";

const PAGE = 500; // events in one reading
const IDLE_MS = 30_000; // before the subscribed connection is given back
const PAUSE_MS = 15_000; // while it hears
const POLL_MS = 500; // while it does not

// One key for each session: a hash of the turn's id and whether it was cancelled, which expires with the turn.
const TAKE = `
  if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
  redis.call("HSET", KEYS[1], "turn", ARGV[1])
  return redis.call("PEXPIRE", KEYS[1], ARGV[2])`;
const RENEW = `
  if redis.call("HGET", KEYS[1], "turn") ~= ARGV[1] or redis.call("HEXISTS", KEYS[1], "cancelled") == 1 then return 0 end
  return redis.call("PEXPIRE", KEYS[1], ARGV[2])`;
const RELEASE = `
  if redis.call("HGET", KEYS[1], "turn") ~= ARGV[1] then return 0 end
  redis.call("DEL", KEYS[1])
  return redis.call("PUBLISH", ARGV[2], ARGV[3])`;
const CANCEL = `
  if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
  redis.call("HSET", KEYS[1], "cancelled", "1")
  redis.call("PUBLISH", ARGV[1], ARGV[2])
  return 1`;
const APPEND = `
  for number = 4, #ARGV do redis.call("XADD", KEYS[1], "*", "event", ARGV[number]) end
  redis.call("PEXPIRE", KEYS[1], math.max(tonumber(ARGV[3]), redis.call("PTTL", KEYS[2])))
  return redis.call("PUBLISH", ARGV[1], ARGV[2])`;
const ANSWER = `
  redis.call("SET", KEYS[1], ARGV[3], "NX", "PX", ARGV[4])
  return redis.call("PUBLISH", ARGV[1], ARGV[2])`;
// The stream lives as long as its turn does, however long nothing is said.
const KEEP = `
  local left = redis.call("PTTL", KEYS[1])
  return redis.call("PEXPIRE", KEYS[2], left + tonumber(ARGV[1]))`;

export class RedisTurnBoard implements TurnBoard {
  readonly #client: RedisClient;
  readonly #prefix: string;
  readonly #ears: Ears;

  constructor(client: RedisClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
    this.#ears = new Ears(client, `${prefix}news`);
  }

  async take(sessionId: string, turnId: string, ttlMs: number): Promise<boolean> {
    return (await this.#run(TAKE, [this.#turn(sessionId)], turnId, ttlMs)) === 1;
  }

  async renew(sessionId: string, turnId: string, ttlMs: number): Promise<boolean> {
    const renewed = (await this.#run(RENEW, [this.#turn(sessionId)], turnId, ttlMs)) === 1;
    if (renewed) await this.#run(KEEP, [this.#turn(sessionId), this.#stream(sessionId, turnId)], KEPT_MS);
    return renewed;
  }

  async release(sessionId: string, turnId: string): Promise<void> {
    await this.#run(RELEASE, [this.#turn(sessionId)], turnId, this.#channel, turnKey(sessionId));
  }

  async state(sessionId: string): Promise<TurnState | null> {
    const script = `local held = redis.call("HMGET", KEYS[1], "turn", "cancelled")
      return {held[1], held[2], redis.call("PTTL", KEYS[1])}`;
    const [turnId, cancelled, remainingMs] = (await this.#run(script, [this.#turn(sessionId)])) as unknown[];
    if (typeof turnId !== "string") return null;
    return { turnId, cancelled: cancelled === "1", remainingMs: Math.max(Number(remainingMs), 0) };
  }

  async cancel(sessionId: string): Promise<boolean> {
    return (await this.#run(CANCEL, [this.#turn(sessionId)], this.#channel, turnKey(sessionId))) === 1;
  }

  async append(sessionId: string, turnId: string, events: string[]): Promise<void> {
    const keys = [this.#stream(sessionId, turnId), this.#turn(sessionId)];
    for (let at = 0; at < events.length; at += PAGE) {
      await this.#run(APPEND, keys, this.#channel, turnKey(sessionId), KEPT_MS, ...events.slice(at, at + PAGE));
    }
  }

  async read(sessionId: string, turnId: string, after: string | null): Promise<Reading> {
    const from = after === null ? "-" : `(${after}`;
    const reply = await this.#client.call("XRANGE", this.#stream(sessionId, turnId), from, "+", "COUNT", PAGE);
    const entries = reply as [id: string, fields: [string, string]][];
    return { events: entries.map(([, fields]) => fields[1]), place: entries.at(-1)?.[0] ?? after ?? "0" };
  }

  async putAnswer(approvalId: string, answer: string): Promise<void> {
    const key = `${this.#prefix}${answerKey(approvalId)}`;
    await this.#run(ANSWER, [key], this.#channel, answerKey(approvalId), answer, ANSWER_KEPT_MS);
  }

  async getAnswer(approvalId: string): Promise<string | null> {
    return (await this.#client.call("GET", `${this.#prefix}${answerKey(approvalId)}`)) as string | null;
  }

  listen(key: string): Promise<News> {
    return this.#ears.listen(key);
  }

  close(): void {
    this.#ears.close();
  }

  get #channel(): string {
    return `${this.#prefix}news`;
  }

  // The braces keep a session's keys together in a cluster.
  #turn(sessionId: string): string {
    return `${this.#prefix}turn {${sessionId}}`;
  }

  #stream(sessionId: string, turnId: string): string {
    return `${this.#prefix}events {${sessionId}} ${turnId}`;
  }

  #run(script: string, keys: string[], ...values: (string | number)[]): Promise<unknown> {
    return this.#client.call("EVAL", script, keys.length, ...keys, ...values);
  }
}

/** One subscribed connection of this process, open while somebody waits and a little longer. */
class Ears {
  readonly #client: RedisClient;
  readonly #channel: string;
  readonly #bells = new Bells();
  #connection: Promise<Connection> | null = null;
  #hears = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(client: RedisClient, channel: string) {
    this.#client = client;
    this.#channel = channel;
  }

  async listen(key: string): Promise<News> {
    clearTimeout(this.#idle);
    const bell = this.#bells.hang(key);
    await this.#connected();
    return { bell, pauseMs: () => this.#pauseMs(), end: () => this.#end(key, bell) };
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#connection?.then((one) => one.end()).catch(() => undefined);
    this.#connection = null;
  }

  #pauseMs(): number {
    if (this.#hears) return PAUSE_MS;
    void this.#connected();
    return POLL_MS;
  }

  async #connected(): Promise<void> {
    this.#connection ??= this.#subscribed();
    await this.#connection.catch(() => (this.#connection = null));
  }

  async #subscribed(): Promise<Connection> {
    const connection = await this.#client.open();
    await connection.subscribe(this.#channel, (key) => this.#bells.ring(key));
    this.#hears = true;
    void connection.closed.then(() => {
      this.#hears = false;
      this.#connection = null;
      this.#bells.ringAll();
    });
    this.#bells.ringAll();
    return connection;
  }

  #end(key: string, bell: Bell): void {
    this.#bells.take(key, bell);
    if (this.#bells.count > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
    (this.#idle as { unref?: () => void }).unref?.();
  }
}
