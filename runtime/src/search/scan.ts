// Search for stores without an index: looks through everything that they list.

import type { Message, SearchQuery, SearchResult, Session } from "../contract.ts";
import { messageResult, paged, perSession, scoreOf, sessionResult, textOf } from "./results.ts";
import { termsOf } from "./words.ts";

/** What a scan needs to read. */
export interface Readable {
  listSessions(): Promise<Session[]>;
  getMessages(sessionId: string): Promise<Message[]>;
}

export async function scanMessages(store: Readable, query: SearchQuery): Promise<SearchResult[]> {
  const ids = query.sessionId === undefined ? (await store.listSessions()).map((one) => one.id) : [query.sessionId];
  return paged(await messageHits(store, ids, query), query);
}

export async function scanSessions(store: Readable, query: SearchQuery): Promise<SearchResult[]> {
  const all = await store.listSessions();
  const sessions = all.filter((one) => query.sessionId === undefined || one.id === query.sessionId);
  const titles = query.role === undefined ? titleHits(sessions, query) : [];
  const ids = sessions.map((one) => one.id);
  return paged(perSession(titles, await messageHits(store, ids, query)), query);
}

async function messageHits(store: Readable, sessionIds: string[], query: SearchQuery): Promise<SearchResult[]> {
  const terms = termsOf(query.text);
  const hits: SearchResult[] = [];
  for (const sessionId of terms.length > 0 ? sessionIds : []) {
    for (const message of await store.getMessages(sessionId)) {
      if (query.role !== undefined && message.role !== query.role) continue;
      const score = scoreOf(textOf(message), terms);
      if (score > 0) hits.push(messageResult(sessionId, message, score, query));
    }
  }
  return hits;
}

function titleHits(sessions: Session[], query: SearchQuery): SearchResult[] {
  const terms = termsOf(query.text);
  const scored = sessions.map((session) => ({ session, score: scoreOf(session.title ?? "", terms) }));
  return scored.filter(({ score }) => score > 0).map(({ session, score }) => sessionResult(session, score, query));
}
