// What was said in a conversation, by whom, and how far each agent has heard it.

import type { Engine } from "../sqlite/engine.ts";

export interface Entry {
  number: number;
  from: string; // an agent's id, or what the caller named
  content: string;
  timestamp: number;
}

export class ConversationLog {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  open(): void {
    this.#engine.rows(`create table if not exists conversation_log (
      number integer primary key autoincrement, speaker text not null, content text not null, timestamp real not null)`);
    this.#engine.rows(
      "create table if not exists members (agent_id text primary key, joined real not null, heard integer not null)",
    );
  }

  /** False where the agent was there before. */
  join(agentId: string): boolean {
    const added = "insert or ignore into members (agent_id, joined, heard) values (?, ?, 0) returning agent_id";
    return this.#engine.rows(added, agentId, Date.now()).length > 0;
  }

  agents(): string[] {
    return this.#engine.rows("select agent_id from members order by joined, rowid").map((row) => String(row.agent_id));
  }

  add(from: string, content: string): Entry {
    const insert = "insert into conversation_log (speaker, content, timestamp) values (?, ?, ?) returning *";
    return entryOf(this.#engine.rows(insert, from, content, Date.now())[0]!);
  }

  entries(): Entry[] {
    return this.#engine.rows("select * from conversation_log order by number").map(entryOf);
  }

  /** What others said since the agent last listened; from now on it has heard it. */
  unheardBy(agentId: string): Entry[] {
    const unheard = this.#engine.rows(
      `select * from conversation_log where speaker <> ? and number > (select heard from members where agent_id = ?)
       order by number`,
      agentId,
      agentId,
    );
    this.#engine.rows(
      "update members set heard = (select coalesce(max(number), 0) from conversation_log) where agent_id = ?",
      agentId,
    );
    return unheard.map(entryOf);
  }
}

function entryOf(row: Record<string, unknown>): Entry {
  const { number, speaker, content, timestamp } = row;
  return { number: Number(number), from: String(speaker), content: String(content), timestamp: Number(timestamp) };
}
