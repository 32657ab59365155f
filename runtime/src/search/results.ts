// Search results that every store makes in the same way: what is searched, what is shown, in which order and pages.

import type { Message, SearchQuery, SearchResult, Session } from "../contract.ts";
import { folded, termsOf, wordsOf } from "./words.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 200;
const AROUND = 80; // characters shown on each side of what was found

/** The limits of a query as whole numbers within bounds. */
export function pageOf(query: SearchQuery): { limit: number; offset: number } {
  const limit = Math.trunc(query.limit ?? DEFAULT_LIMIT);
  return { limit: Math.min(Math.max(limit, 0), MAX_LIMIT), offset: Math.max(Math.trunc(query.offset ?? 0), 0) };
}

/** What is searched of a message: its texts and the names of its files. */
export function textOf(message: Message): string {
  const texts = message.content.map((part) => ("text" in part ? part.text : (part.filename ?? "")));
  return texts.filter(Boolean).join("\n");
}

/** The part of a text around the first of the terms, on one line. */
export function excerptOf(text: string, terms: readonly string[]): string {
  const at = firstPlace(text, terms);
  const from = Math.max(0, at - AROUND);
  const to = Math.min(text.length, at + AROUND);
  const shown = text.slice(from, to).toWellFormed().replace(/\s+/g, " ").trim();
  return `${from > 0 ? "…" : ""}${shown}${to < text.length ? "…" : ""}`;
}

function firstPlace(text: string, terms: readonly string[]): number {
  for (const match of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const words = wordsOf(match[0]);
    if (words.some((word) => terms.some((term) => word.startsWith(term)))) return match.index;
  }
  return 0;
}

export function messageResult(sessionId: string, message: Message, score: number, query: SearchQuery): SearchResult {
  return { sessionId, message, score, excerpt: excerptOf(textOf(message), termsOf(query.text)) };
}

export function sessionResult(session: Session, score: number, query: SearchQuery): SearchResult {
  return { sessionId: session.id, score, excerpt: excerptOf(session.title ?? "", termsOf(query.text)) };
}

/** For stores without an index: how well a text answers the terms; 0 where one of them is missing. */
export function scoreOf(text: string, terms: readonly string[]): number {
  if (terms.length === 0 || folded(text) === "") return 0;
  const words = wordsOf(text);
  const counts = terms.map((term) => words.filter((word) => word.startsWith(term)).length);
  if (counts.includes(0)) return 0;
  return counts.reduce((sum, count) => sum + count, 0) / Math.sqrt(words.length);
}

/** One result for each session, the best; a title's counts twice. */
export function perSession(titles: SearchResult[], messages: SearchResult[]): SearchResult[] {
  const best = new Map<string, SearchResult>();
  for (const result of [...titles.map((title) => ({ ...title, score: title.score * 2 })), ...messages]) {
    const known = best.get(result.sessionId);
    if (known === undefined || known.score < result.score) best.set(result.sessionId, result);
  }
  return [...best.values()];
}

/** The page that was asked for: best first, the newer of equals first. */
export function paged(results: SearchResult[], query: SearchQuery): SearchResult[] {
  const { limit, offset } = pageOf(query);
  const ordered = results.toSorted((a, b) => b.score - a.score || timeOf(b) - timeOf(a));
  return ordered.slice(offset, offset + limit);
}

function timeOf(result: SearchResult): number {
  return result.message?.timestamp ?? 0;
}
