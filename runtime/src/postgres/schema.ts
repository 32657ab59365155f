// The tables, as steps from version to version. A released step never changes; a new version adds one.

import { newer } from "../stores/versions.ts";
import type { Database, Sql } from "./client.ts";

/** A schema of our own: what is in `public` a service such as Supabase shows to everyone who has its public key. */
const STEPS: readonly string[] = [
  `create table sessions (
     number bigint generated always as identity, id text primary key, last_activity double precision not null,
     body text not null, words tsvector not null);
   create index sessions_by_activity on sessions (last_activity desc, number desc);
   create index sessions_by_words on sessions using gin (words);
   create table messages (
     position bigint generated always as identity, session_id text not null, id text not null, role text not null,
     timestamp double precision not null, body text not null, words tsvector not null, primary key (session_id, id));
   create unique index messages_in_order on messages (session_id, position);
   create index messages_by_words on messages using gin (words);
   create table turns (
     session_id text primary key, turn_id text not null, expires_at timestamptz not null,
     cancelled boolean not null default false);
   create table turn_events (
     number bigint generated always as identity primary key, session_id text not null, turn_id text not null,
     event text not null, written_at timestamptz not null default now());
   create index turn_events_in_order on turn_events (session_id, turn_id, number);
   create index turn_events_by_age on turn_events (written_at);
   create table answers (
     approval_id text primary key, answer text not null, written_at timestamptz not null default now());`,
];

/** Brings the tables to the newest version. Raises StorageError where a newer runtime was here before. */
export async function migrate({ sql, schema }: Database, steps: readonly string[] = STEPS): Promise<void> {
  if ((await versionOf(sql, schema)) === steps.length) return;
  await sql.begin(async (transaction) => {
    // Two processes that start at once: the second finds the work done.
    await transaction`select pg_advisory_xact_lock(hashtext(${`dexto schema ${schema}`}))`;
    await transaction.unsafe(`create schema if not exists ${schema}`);
    await transaction.unsafe(`create table if not exists ${schema}.schema_version (version integer not null)`);
    const version = await versionOf(transaction as unknown as Sql, schema);
    if (version > steps.length) throw newer(version, steps.length);
    await transaction.unsafe(`set local search_path to ${schema}`);
    for (const step of steps.slice(version)) await transaction.unsafe(step);
    await transaction.unsafe(`delete from schema_version`);
    await transaction.unsafe(`insert into schema_version values (${steps.length})`);
  });
}

/** 0 where nothing is there yet. */
async function versionOf(sql: Sql, schema: string): Promise<number> {
  const [table] = await sql`select to_regclass(${`${schema}.schema_version`}) is not null as present`;
  if (table?.present !== true) return 0;
  const [row] = await sql`select max(version) as version from ${sql(schema)}.schema_version`;
  return Number(row?.version ?? 0);
}
