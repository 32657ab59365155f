// R2 on this machine: what workerd's bucket binding asks for, answered from the SQLite of one Durable Object. The
// bundle's own objects stay on disk, where `OBJECTS` says which there are.
import { DurableObject } from "cloudflare:workers";

const PIECE = 1_000_000; // a value in SQLite holds two million bytes
const PAGE = 1_000;
const ATTEMPTS = 100;

const SCHEMA = `
  create table if not exists objects (
    key text primary key, version text, size integer, etag text, uploaded integer, http text, custom text, bundled integer
  );
  create table if not exists pieces (key text, number integer, content blob, primary key (key, number));
`;

export class Bucket extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec(SCHEMA);
    state.storage.transactionSync(() => this.#takeBundled(env.OBJECTS));
  }

  async fetch(request) {
    const inHeader = request.headers.get("cf-r2-request");
    const [asked, body] = inHeader ? [JSON.parse(inHeader), null] : await split(request);
    const answer = METHODS[asked.method];
    return answer ? answer.call(this, asked, body) : refusal(501, 10_000, `${asked.method} is not there on this machine.`);
  }

  head({ object }) {
    const row = this.row(object);
    return row ? described(row) : missing();
  }

  async get({ object, range, onlyIf }) {
    const row = this.row(object);
    if (!row) return missing();
    if (!holds(onlyIf, row)) return described(row, null, 10_031);
    const [offset, length] = span(range, row.size);
    const whole = row.bundled ? await this.#onDisk(row.key) : this.#stored(row.key);
    return described(range ? { ...row, range: { offset, length } } : row, whole.subarray(offset, offset + length));
  }

  async put({ object, httpFields, customFields, onlyIf }, body) {
    const before = this.row(object);
    if (!holds(onlyIf, before)) return refusal(412, 10_031, "At least one of the conditions does not hold.");
    const etag = hex(await crypto.subtle.digest("MD5", body));
    const fields = [JSON.stringify(httpFields ?? {}), JSON.stringify(customFields ?? [])];
    this.ctx.storage.transactionSync(() => {
      this.#remove(object);
      const values = [object, crypto.randomUUID().replaceAll("-", ""), body.length, etag, Date.now(), ...fields];
      this.sql.exec("insert into objects values (?, ?, ?, ?, ?, ?, ?, 0)", ...values);
      for (let number = 0; number * PIECE < body.length; number++) {
        const content = body.subarray(number * PIECE, (number + 1) * PIECE);
        this.sql.exec("insert into pieces values (?, ?, ?)", object, number, content);
      }
    });
    return described(this.row(object));
  }

  delete({ object, objects }) {
    this.ctx.storage.transactionSync(() => {
      for (const key of objects ?? [object]) this.#remove(key);
    });
    return new Response();
  }

  list({ prefix = "", delimiter, limit = PAGE, cursor, startAfter }) {
    const after = cursor ? atob(cursor) : (startAfter ?? "");
    const rows = this.sql
      .exec("select * from objects where key > ? and substr(key, 1, ?) = ? order by key", after, prefix.length, prefix)
      .toArray();
    const objects = [];
    const folders = new Set();
    let last = "";
    for (const row of rows) {
      if (objects.length + folders.size === Math.min(limit, PAGE)) return listed(objects, folders, btoa(last));
      const cut = delimiter ? row.key.indexOf(delimiter, prefix.length) : -1;
      if (cut === -1) objects.push(metadata(row));
      else folders.add(row.key.slice(0, cut + delimiter.length));
      last = row.key;
    }
    return listed(objects, folders);
  }

  row(key) {
    return this.sql.exec("select * from objects where key = ?", key).toArray()[0];
  }

  #stored(key) {
    const rows = this.sql.exec("select content from pieces where key = ? order by number", key).toArray();
    return joined(rows.map(({ content }) => new Uint8Array(content)));
  }

  async #onDisk(key) {
    const path = key.split("/").map(encodeURIComponent).join("/");
    const found = await this.env.DISK.fetch(`http://disk/${path}`);
    if (!found.ok) throw new Error(`${key} is not in the bundle's folder`);
    return new Uint8Array(await found.arrayBuffer());
  }

  #remove(key) {
    this.sql.exec("delete from objects where key = ?", key);
    this.sql.exec("delete from pieces where key = ?", key);
  }

  /** This bundle's objects take the place of an earlier one's. */
  #takeBundled(objects) {
    this.sql.exec("delete from objects where bundled = 1");
    for (const { key, size, sha256 } of objects) {
      this.#remove(key);
      const values = [key, sha256.slice(0, 32), size, sha256.slice(0, 32), 0];
      this.sql.exec("insert into objects values (?, ?, ?, ?, ?, '{}', '[]', 1)", ...values);
    }
  }
}

const METHODS = {
  head: Bucket.prototype.head,
  get: Bucket.prototype.get,
  put: Bucket.prototype.put,
  delete: Bucket.prototype.delete,
  list: Bucket.prototype.list,
};

export default {
  /** An agent that drains and the one after it have the same files open for a while: one may find them locked. */
  async fetch(request, env) {
    const { url, method, headers } = request;
    const body = method === "PUT" ? await request.arrayBuffer() : undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await env.BUCKETS.get(env.BUCKETS.idFromName("bucket")).fetch(url, { method, headers, body });
      } catch (error) {
        if (attempt === ATTEMPTS || !/SQLITE_BUSY|internal error/.test(error.message)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5 + 20 * Math.random()));
      }
    }
  },
};

/** The question stands before the content, and a header says how long it is. */
async function split(request) {
  const whole = new Uint8Array(await request.arrayBuffer());
  const length = Number(request.headers.get("cf-r2-metadata-size"));
  return [JSON.parse(new TextDecoder().decode(whole.subarray(0, length))), whole.subarray(length)];
}

function described(row, content, unmet) {
  const head = new TextEncoder().encode(JSON.stringify(metadata(row)));
  const headers = { "cf-r2-metadata-size": String(head.length) };
  if (unmet) headers["cf-r2-error"] = JSON.stringify({ version: 0, v4code: unmet, message: "A condition does not hold." });
  return new Response(content ? joined([head, content]) : head, { status: unmet ? 412 : 200, headers });
}

const metadata = ({ key, version, size, etag, uploaded, http, custom, range }) => ({
  name: key,
  version,
  size: String(size),
  etag,
  uploaded: String(uploaded),
  httpFields: JSON.parse(http),
  customFields: JSON.parse(custom),
  storageClass: "Standard",
  ...(range ? { range: { offset: String(range.offset), length: String(range.length) } } : {}),
});

function listed(objects, folders, cursor) {
  const page = { objects, delimitedPrefixes: [...folders], truncated: cursor !== undefined, ...(cursor ? { cursor } : {}) };
  const text = new TextEncoder().encode(JSON.stringify(page));
  return new Response(text, { headers: { "cf-r2-metadata-size": String(text.length) } });
}

const missing = () => refusal(404, 10_007, "The specified key does not exist.");

const refusal = (status, v4code, message) =>
  new Response(null, { status, headers: { "cf-r2-error": JSON.stringify({ version: 0, v4code, message }) } });

function span(range, size) {
  if (!range) return [0, size];
  if (range.suffix !== undefined) return [Math.max(size - Number(range.suffix), 0), Math.min(Number(range.suffix), size)];
  const offset = Number(range.offset ?? 0);
  return [offset, Math.min(Number(range.length ?? size), size - offset)];
}

function holds(onlyIf, row) {
  const { etagMatches, etagDoesNotMatch } = onlyIf ?? {};
  const matches = (tags) => tags.some(({ type, value }) => (row ? type === "wildcard" || value === row.etag : false));
  return (!etagMatches || matches(etagMatches)) && (!etagDoesNotMatch || !matches(etagDoesNotMatch));
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
