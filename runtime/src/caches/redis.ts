// Counters and short-lived values in Redis or Valkey, for all processes of the agent; also the turns that they share.

import type { Cache, CacheFactory } from "../contract.ts";
import { addressOf, RedisClient } from "../redis/client.ts";
import { RedisTurnBoard } from "../redis/turn-board.ts";
import { SharedTurns } from "../turns/shared-turns.ts";

// The counter's time begins with it; later additions do not lengthen it.
const INCREMENT = `
  local count = redis.call("INCRBY", KEYS[1], ARGV[1])
  if redis.call("PTTL", KEYS[1]) < 0 then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
  return count`;

class RedisCache implements Cache {
  readonly coordination: SharedTurns;
  readonly #client: RedisClient;
  readonly #board: RedisTurnBoard;
  readonly #prefix: string;

  constructor(client: RedisClient, prefix: string) {
    this.#client = client;
    this.#prefix = `${prefix}cache `;
    this.#board = new RedisTurnBoard(client, prefix);
    this.coordination = new SharedTurns(this.#board);
  }

  async get(key: string): Promise<string | null> {
    return (await this.#client.call("GET", this.#prefix + key)) as string | null;
  }

  async set(key: string, value: string, ttlMs?: number): Promise<void> {
    const expiry = ttlMs === undefined ? [] : ["PX", Math.max(1, Math.round(ttlMs))];
    await this.#client.call("SET", this.#prefix + key, value, ...expiry);
  }

  async delete(key: string): Promise<void> {
    await this.#client.call("DEL", this.#prefix + key);
  }

  async increment(key: string, by: number, ttlMs: number): Promise<number> {
    const ttl = Math.max(1, Math.round(ttlMs));
    return Number(await this.#client.call("EVAL", INCREMENT, 1, this.#prefix + key, Math.round(by), ttl));
  }

  async close(): Promise<void> {
    this.#board.close();
    await this.#client.close();
  }
}

const redis: CacheFactory = async (config) => {
  const client = new RedisClient(addressOf(config));
  await client.call("PING");
  return new RedisCache(client, typeof config.keyPrefix === "string" ? config.keyPrefix : "dexto:");
};
export default redis;
