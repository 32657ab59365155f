// PostgreSQL by postgres.js: no dependencies, a build of its own for Workers, pipelining, and LISTEN.

import postgres from "postgres";

import type { Json } from "../contract.ts";
import { StorageError } from "../failure.ts";

export type Sql = postgres.Sql;

const CONNECT_SECONDS = 10;
const IDLE_SECONDS = 60;
const MAX_CONNECTIONS = 5; // a server serves many agents

export interface Database {
  sql: Sql;
  schema: string;
  /** A connection of its own, which stays open and hears what is notified. `lost` is called when it closes. */
  ear(heard: (payload: string) => void, lost: () => void): Sql;
}

/** From `url`, or from its parts. The tables are in `schema`, or in the one that the URL names by ?schema=. */
export function databaseOf(config: Record<string, Json>): Database {
  const schema = schemaOf(config);
  if (!/^[a-z_][a-z0-9_]*$/.test(schema)) throw notUsable("The schema's name may hold small letters, digits and _ only");
  const sql = connected(config, { max: numberOf(config.maxConnections) ?? MAX_CONNECTIONS });
  const ear: Database["ear"] = (heard, lost) =>
    // Not postgres.js's own listen(): ended while it connects anew, it goes on connecting for ever.
    connected(config, { ...EAR, onnotify: (_channel: string, payload: string) => heard(payload), onclose: lost });
  return { sql, schema, ear };
}

function schemaOf({ schema, url, connectionString }: Record<string, Json>): string {
  if (typeof schema === "string") return schema;
  return /[?&]schema=([^&]+)/.exec(String(url ?? connectionString ?? ""))?.[1] ?? "dexto";
}

const EAR = { max: 1, idle_timeout: null, max_lifetime: null, fetch_types: false };

function connected(config: Record<string, Json>, more: object): Sql {
  const options = {
    idle_timeout: secondsOf(config.idleTimeoutMillis) ?? IDLE_SECONDS,
    connect_timeout: secondsOf(config.connectionTimeoutMillis) ?? CONNECT_SECONDS,
    onnotice: () => undefined,
    connection: { application_name: "dexto-agent" },
    ...more,
  };
  const url = config.url ?? config.connectionString;
  if (typeof url === "string" && url !== "") return connectedTo(url, options);
  if (typeof config.host !== "string") throw notUsable("storage.database names neither `url` nor `host`");
  return postgres({
    ...options,
    host: config.host,
    port: numberOf(config.port) ?? 5432,
    database: String(config.database ?? "postgres"),
    user: String(config.user ?? "postgres"),
    ...(typeof config.password === "string" ? { password: config.password } : {}),
  });
}

function connectedTo(url: string, options: postgres.Options<Record<string, postgres.PostgresType>>): Sql {
  const parsed = parsedUrl(url);
  const folder = parsed.searchParams.get("host");
  const host = folder === null ? {} : { host: folder };
  for (const name of [...parsed.searchParams.keys()]) if (!SENT.includes(name)) parsed.searchParams.delete(name);
  return postgres(parsed.href, { ...options, ...host, prepare: !isPooled(url) });
}

/** Of a URL's parameters these mean something here; the server would refuse others, such as channel_binding. */
const SENT = ["sslmode", "sslrootcert", "options", "target_session_attrs"];

function parsedUrl(url: string): URL {
  // A socket's folder, as libpq writes it: postgres://user@/database?host=/folder. No URL parser takes that.
  const complete = url.replace(/^(\w+:\/\/(?:[^@/]*@)?)\//, "$1localhost/");
  // No cause: it would hold the URL, and that the password.
  if (!URL.canParse(complete)) throw notUsable("The database's URL is not valid");
  return new URL(complete);
}

/** Behind a pooler that hands a connection to each transaction, a prepared statement is not found again. */
export function isPooled(url: string): boolean {
  return /-pooler\.|\.pooler\.|:6543\/|[?&]pgbouncer=true/.test(url);
}

function notUsable(sentence: string): StorageError {
  return new StorageError("storage_unavailable", sentence, { next: "Set `url: $DATABASE_URL` under storage.database." });
}

const numberOf = (value: Json | undefined) => (typeof value === "number" ? value : undefined);
const secondsOf = (value: Json | undefined) => (typeof value === "number" ? Math.ceil(value / 1_000) : undefined);
