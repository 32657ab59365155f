// A connection that is there when it is needed, and comes back after it broke.

import type { Json } from "../contract.ts";
import { StorageError } from "../failure.ts";
import { Connection, type Address, type Command } from "./connection.ts";
import type { Reply, RedisReplyError } from "./protocol.ts";

export class RedisClient {
  readonly #address: Address;
  #connection: Promise<Connection> | null = null;

  constructor(address: Address) {
    this.#address = address;
  }

  async call(...command: Command): Promise<Exclude<Reply, RedisReplyError>> {
    return (await this.#connected()).call(...command);
  }

  /** Another connection, for what would block this one. */
  open(): Promise<Connection> {
    return Connection.open(this.#address);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.then(
      (one) => one.end(),
      () => undefined,
    );
  }

  async #connected(): Promise<Connection> {
    const known = await this.#connection?.catch(() => null);
    if (known?.usable) return known;
    // Whoever comes at the same moment waits for the same connection.
    if (this.#connection === null || known !== undefined) this.#connection = this.#replaced(known ?? null);
    return this.#connection;
  }

  #replaced(broken: Connection | null): Promise<Connection> {
    broken?.end();
    const opening = this.open();
    opening.catch(() => {
      if (this.#connection === opening) this.#connection = null;
    });
    return opening;
  }
}

/** From `url`, or from its parts. Raises StorageError. */
export function addressOf(config: Record<string, Json>): Address {
  if (typeof config.url === "string" && config.url !== "") return fromUrl(config.url);
  if (typeof config.host !== "string") throw notUsable("storage.cache names neither `url` nor `host`");
  return {
    host: config.host,
    port: typeof config.port === "number" ? config.port : 6379,
    secure: config.tls === true,
    ...(typeof config.password === "string" ? { password: config.password } : {}),
    database: typeof config.database === "number" ? config.database : 0,
  };
}

function fromUrl(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["redis:", "rediss:", "valkey:", "valkeys:"].includes(url.protocol)) {
    throw notUsable("The cache's URL is not of the form redis://host:port or rediss://host:port");
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    secure: url.protocol === "rediss:" || url.protocol === "valkeys:",
    ...(url.username === "" ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    database: Number(url.pathname.slice(1)) || 0,
  };
}

function notUsable(sentence: string): StorageError {
  return new StorageError("storage_unavailable", sentence, { next: "Set `url: $REDIS_URL` under storage.cache." });
}
