// RESP2, the protocol of Redis and Valkey: commands to bytes, bytes to replies.

export type Reply = string | number | null | Reply[] | RedisReplyError;

/** What the server refused; it is a reply like others, as a pipeline goes on after it. */
export class RedisReplyError extends Error {}

/** One command. Values travel by their length, so nothing in them is ever read as another command. */
export function encoded(command: readonly (string | number)[]): Uint8Array {
  const values = command.map((value) => Buffer.from(String(value), "utf8"));
  const parts = values.flatMap((value) => [Buffer.from(`$${value.length}\r\n`), value, LINE_END]);
  return Buffer.concat([Buffer.from(`*${values.length}\r\n`), ...parts]);
}

const LINE_END = Buffer.from("\r\n");

/** Collects what arrives and gives each reply that is complete. */
export class ReplyReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = 0; // bytes before reading again makes sense

  push(chunk: Uint8Array): Reply[] {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#length += chunk.byteLength;
    if (this.#length < this.#wanted) return [];
    const cursor = new Cursor(Buffer.concat(this.#chunks));
    const replies = [...cursor.replies()];
    this.#chunks = [cursor.rest];
    this.#length = cursor.rest.length;
    this.#wanted = cursor.wanted;
    return replies;
  }
}

class Incomplete extends Error {}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;
  #done = 0;
  wanted = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get rest(): Buffer {
    return this.#bytes.subarray(this.#done);
  }

  *replies(): Generator<Reply> {
    while (this.#at < this.#bytes.length) {
      try {
        yield this.#reply();
      } catch (error) {
        if (error instanceof Incomplete) return;
        throw error;
      }
      this.#done = this.#at;
    }
  }

  #reply(): Reply {
    const line = this.#line();
    const rest = line.slice(1);
    if (line[0] === "+") return rest;
    if (line[0] === "-") return new RedisReplyError(rest);
    if (line[0] === ":") return Number(rest);
    if (line[0] === "$") return Number(rest) < 0 ? null : this.#bulk(Number(rest));
    if (line[0] === "*") return Number(rest) < 0 ? null : Array.from({ length: Number(rest) }, () => this.#reply());
    throw new Error("The server does not speak the Redis protocol");
  }

  #line(): string {
    const end = this.#bytes.indexOf(LINE_END, this.#at);
    if (end < 0) throw new Incomplete();
    const line = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(length: number): string {
    const end = this.#at + length;
    if (end + 2 > this.#bytes.length) {
      this.wanted = end + 2 - this.#done;
      throw new Incomplete();
    }
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end + 2;
    return text;
  }
}
