// SQLite as two hosts have it: node:sqlite on Node, `ctx.storage.sql` in a Durable Object. Both answer at once.

export type Value = string | number | null;
export type Row = Record<string, Value>;

export interface Engine {
  rows(sql: string, ...values: Value[]): Row[];
  /** All of `work`, or nothing of it, with no other writer in between. */
  transaction<T>(work: () => T): T;
  close(): void;
  /** Characters that surely fit into one value; longer messages are kept in parts. */
  readonly maxCharacters: number;
}
