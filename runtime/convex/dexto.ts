// The agent's memory in your Convex deployment. Copy this file into your `convex/` folder, add the tables to your
// schema, and deploy:
//
//   // convex/schema.ts
//   import { defineSchema } from "convex/server";
//   import { dextoTables } from "./dexto";
//   export default defineSchema({ ...dextoTables });
//
// All functions are internal: only who has a deploy key can call them, as the agent does.

import { defineSchema, defineTable, internalMutationGeneric, internalQueryGeneric } from "convex/server";
import type {
  DataModelFromSchemaDefinition,
  GenericDatabaseReader,
  GenericDatabaseWriter,
  MutationBuilder,
  QueryBuilder,
} from "convex/server";
import { v } from "convex/values";

export const dextoTables = {
  dextoSessions: defineTable({ id: v.string(), lastActivity: v.number(), body: v.string(), words: v.string() })
    .index("by_session", ["id"])
    .index("by_activity", ["lastActivity"])
    .searchIndex("by_words", { searchField: "words", filterFields: ["id"] }),
  dextoMessages: defineTable({
    sessionId: v.string(),
    id: v.string(),
    position: v.number(),
    role: v.string(),
    timestamp: v.number(),
    body: v.string(),
    words: v.string(),
  })
    .index("by_message", ["sessionId", "id"])
    .index("by_position", ["sessionId", "position"])
    .searchIndex("by_words", { searchField: "words", filterFields: ["sessionId", "role"] }),
};

const PAGE = 200; // documents in one call
const PAGE_CHARACTERS = 2_000_000; // and how much of them: an answer has a limit too
const MAX_HITS = 256;

const schema = defineSchema(dextoTables);
type Model = DataModelFromSchemaDefinition<typeof schema>;
type Reader = GenericDatabaseReader<Model>;
type Writer = GenericDatabaseWriter<Model>;
const internalQuery: QueryBuilder<Model, "internal"> = internalQueryGeneric;
const internalMutation: MutationBuilder<Model, "internal"> = internalMutationGeneric;

/** The version of these functions and tables; the agent refuses one that it does not know. */
export const version = internalQuery({ args: {}, handler: async () => 1 });

export const saveSession = internalMutation({
  args: { id: v.string(), lastActivity: v.number(), body: v.string(), words: v.string() },
  handler: async ({ db }, session) => {
    const known = await sessionOf(db, session.id);
    if (known === null) await db.insert("dextoSessions", session);
    else await db.replace(known._id, session);
    return null;
  },
});

export const getSession = internalQuery({
  args: { id: v.string() },
  handler: async ({ db }, { id }) => (await sessionOf(db, id))?.body ?? null,
});

export const listSessions = internalQuery({
  args: { cursor: v.union(v.string(), v.null()) },
  handler: async ({ db }, { cursor }) => {
    const latestFirst = db.query("dextoSessions").withIndex("by_activity").order("desc");
    const { page, isDone, continueCursor } = await latestFirst.paginate({ numItems: PAGE, cursor });
    return { bodies: page.map((session) => session.body), cursor: continueCursor, done: isDone };
  },
});

/** Deletes a part of the messages, and the session if asked to; true once nothing is left. */
export const deletePart = internalMutation({
  args: { sessionId: v.string(), session: v.boolean() },
  handler: async ({ db }, { sessionId, session }) => {
    const known = session ? await sessionOf(db, sessionId) : null;
    if (known !== null) await db.delete(known._id);
    const messages = await db
      .query("dextoMessages")
      .withIndex("by_position", (q) => q.eq("sessionId", sessionId))
      .take(PAGE);
    for (const message of messages) await db.delete(message._id);
    return messages.length < PAGE;
  },
});

export const saveMessages = internalMutation({
  args: {
    sessionId: v.string(),
    messages: v.array(
      v.object({ id: v.string(), role: v.string(), timestamp: v.number(), body: v.string(), words: v.string() }),
    ),
  },
  handler: async ({ db }, { sessionId, messages }) => {
    for (const message of messages) await saveMessage(db, sessionId, message);
    return null;
  },
});

/** Newest first: what came before the message `before`, and before the position where the last page ended. */
export const getMessages = internalQuery({
  args: {
    sessionId: v.string(),
    before: v.union(v.string(), v.null()),
    position: v.union(v.number(), v.null()),
    limit: v.number(),
  },
  handler: async ({ db }, { sessionId, before, position, limit }) => {
    const end = before === null ? null : await messageOf(db, sessionId, before);
    if (before !== null && end === null) return { bodies: [], position: 0, done: true };
    const below = Math.min(position ?? Infinity, end?.position ?? Infinity, Number.MAX_SAFE_INTEGER);
    const found = db
      .query("dextoMessages")
      .withIndex("by_position", (q) => q.eq("sessionId", sessionId).lt("position", below))
      .order("desc");
    const bodies: string[] = [];
    let last = 0;
    let characters = 0;
    for await (const message of found) {
      if (bodies.length >= Math.min(limit, PAGE) || characters > PAGE_CHARACTERS) {
        return { bodies, position: last, done: bodies.length >= limit };
      }
      bodies.push(message.body);
      last = message.position;
      characters += message.body.length;
    }
    return { bodies, position: last, done: true };
  },
});

/** What may answer: the agent looks closer, as here one of the words is enough. */
export const searchMessages = internalQuery({
  args: {
    words: v.string(),
    sessionId: v.union(v.string(), v.null()),
    role: v.union(v.string(), v.null()),
  },
  handler: async ({ db }, { words, sessionId, role }) => {
    const hits = await db
      .query("dextoMessages")
      .withSearchIndex("by_words", (q) => {
        const search = q.search("words", words);
        const within = sessionId === null ? search : search.eq("sessionId", sessionId);
        return role === null ? within : within.eq("role", role);
      })
      .take(MAX_HITS);
    return hits.map((hit) => ({ sessionId: hit.sessionId, body: hit.body }));
  },
});

export const searchSessions = internalQuery({
  args: { words: v.string(), sessionId: v.union(v.string(), v.null()) },
  handler: async ({ db }, { words, sessionId }) => {
    const hits = await db
      .query("dextoSessions")
      .withSearchIndex("by_words", (q) => {
        const search = q.search("words", words);
        return sessionId === null ? search : search.eq("id", sessionId);
      })
      .take(MAX_HITS);
    return hits.map((hit) => hit.body);
  },
});

function sessionOf(db: Reader, id: string) {
  return db
    .query("dextoSessions")
    .withIndex("by_session", (q) => q.eq("id", id))
    .unique();
}

function messageOf(db: Reader, sessionId: string, id: string) {
  return db
    .query("dextoMessages")
    .withIndex("by_message", (q) => q.eq("sessionId", sessionId).eq("id", id))
    .unique();
}

type Saved = Model["dextoMessages"]["document"];

async function saveMessage(db: Writer, sessionId: string, message: Pick<Saved, "id" | "role" | "timestamp" | "body" | "words">) {
  const known = await messageOf(db, sessionId, message.id);
  if (known !== null) return await db.patch(known._id, message);
  // Two that append at once cannot read the same last position: Convex runs one of them again.
  const last = await db
    .query("dextoMessages")
    .withIndex("by_position", (q) => q.eq("sessionId", sessionId))
    .order("desc")
    .first();
  await db.insert("dextoMessages", { sessionId, position: (last?.position ?? 0) + 1, ...message });
}
