// The tables, as steps from version to version. A released step never changes; a new version adds one.

import { newer } from "../stores/versions.ts";
import type { Engine } from "./engine.ts";

/** Statements of one step. The tokenizer `ascii` parts at blanks only, as the words come from search/words.ts. */
export const STEPS: readonly (readonly string[])[] = [
  [
    `create table sessions (
      number integer primary key, id text not null unique, last_activity real not null, body text not null)`,
    "create index sessions_by_activity on sessions (last_activity desc, number desc)",
    `create table messages (
      position integer primary key autoincrement, session_id text not null, id text not null, role text not null,
      timestamp real not null, body text not null, parts integer not null default 0, unique (session_id, id))`,
    "create index messages_in_order on messages (session_id, position)",
    `create table message_parts (
      position integer not null, part integer not null, body text not null, primary key (position, part)) without rowid`,
    "create virtual table message_words using fts5 (words, content='', contentless_delete=1, tokenize='ascii')",
    "create virtual table session_words using fts5 (words, content='', contentless_delete=1, tokenize='ascii')",
  ],
];

/** Brings the tables to the newest version. Raises StorageError where a newer runtime was here before. */
export function migrate(engine: Engine, steps: readonly (readonly string[])[] = STEPS): void {
  engine.transaction(() => {
    engine.rows("create table if not exists schema_version (version integer not null)");
    const version = Number(engine.rows("select max(version) as version from schema_version")[0]?.version ?? 0);
    if (version > steps.length) throw newer(version, steps.length);
    for (const statement of steps.slice(version).flat()) engine.rows(statement);
    if (version === steps.length) return;
    engine.rows("delete from schema_version");
    engine.rows("insert into schema_version (version) values (?)", steps.length);
  });
}
