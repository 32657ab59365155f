// One connection to Redis or Valkey over node:net or node:tls, which Workers have too. Commands are pipelined.
// A client of our own: the published ones are several times the size of everything else that a Worker carries.

import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectSecure } from "node:tls";

import { StorageError, sentenceOf } from "../failure.ts";
import { encoded, RedisReplyError, ReplyReader, type Reply } from "./protocol.ts";

const CONNECT_MS = 10_000;
const REPLY_MS = 10_000;

export interface Address {
  host: string;
  port: number;
  secure: boolean;
  user?: string;
  password?: string;
  database: number;
}

export type Command = readonly (string | number)[];

interface Waiting {
  settle(reply: Reply): void;
  fail(error: Error): void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  #waiting: Waiting[] = [];
  #pushed: ((message: Reply[]) => void) | null = null;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #error: Error | null = null;
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
    socket.on("error", (error: Error) => this.#fail(error));
    this.closed = new Promise((resolve) =>
      socket.on("close", () => {
        this.#fail(new Error("the connection was closed"));
        resolve();
      }),
    );
  }

  static async open(address: Address): Promise<Connection> {
    const connection = new Connection(await connected(address));
    try {
      if (address.password !== undefined) await connection.call(...loginOf(address, address.password));
      if (address.database !== 0) await connection.call("SELECT", address.database);
    } catch (error) {
      connection.end();
      throw error;
    }
    return connection;
  }

  get usable(): boolean {
    return this.#error === null;
  }

  /** The reply. Raises StorageError where the server refuses the command, does not answer, or is gone. */
  async call(...command: Command): Promise<Exclude<Reply, RedisReplyError>> {
    const reply = await new Promise<Reply>((settle, fail) => {
      if (this.#error !== null) return fail(this.#error);
      this.#waiting.push({ settle, fail });
      this.#socket.write(encoded(command));
      this.#watch();
    }).catch((error: unknown) => {
      throw unavailable(error);
    });
    if (reply instanceof RedisReplyError) throw refused(reply);
    return reply;
  }

  /** From now on this connection only hears what is published on the channel. */
  async subscribe(channel: string, heard: (payload: string) => void): Promise<void> {
    await this.call("SUBSCRIBE", channel);
    this.#pushed = ([kind, , payload]) => {
      if (kind === "message" && typeof payload === "string") heard(payload);
    };
  }

  end(): void {
    this.#socket.destroy();
  }

  #arrived(chunk: Uint8Array): void {
    try {
      for (const reply of this.#reader.push(chunk)) this.#take(reply);
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
    }
    this.#watch();
  }

  #take(reply: Reply): void {
    if (this.#pushed !== null && Array.isArray(reply)) this.#pushed(reply);
    else this.#waiting.shift()?.settle(reply);
  }

  /** A server that stopped answering is as good as gone. */
  #watch(): void {
    clearTimeout(this.#silence);
    if (this.#waiting.length === 0) return;
    this.#silence = setTimeout(() => this.#socket.destroy(new Error("the server does not answer")), REPLY_MS);
  }

  #fail(error: Error): void {
    clearTimeout(this.#silence);
    this.#error ??= error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.fail(this.#error);
  }
}

function connected(address: Address): Promise<Socket> {
  const { host, port, secure } = address;
  const socket = secure ? connectSecure({ host, port, servername: host }) : connectPlain({ host, port });
  return new Promise<Socket>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error("no connection in time")), CONNECT_MS);
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(unavailable(error));
    };
    socket.once("error", failed);
    socket.once(secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

function loginOf({ user }: Address, password: string): Command {
  return user === undefined ? ["AUTH", password] : ["AUTH", user, password];
}

function unavailable(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const next = "Check that the server runs and that storage.cache names it.";
  return new StorageError("storage_unavailable", `Redis cannot be used: ${sentenceOf(error)}`, { next, cause: error });
}

function refused(reply: RedisReplyError): StorageError {
  return new StorageError("storage_refused", `Redis refused a command: ${reply.message}`);
}
