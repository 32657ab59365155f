// Pages of a history, for stores that hold it as a list.

import type { Message, PaginationOptions } from "../contract.ts";

/** The newest `limit` of what came before the message `before`; nothing where that message is not known. */
export function newestBefore(messages: Message[], options: PaginationOptions): Message[] {
  const end = options.before === undefined ? messages.length : messages.findIndex((one) => one.id === options.before);
  const earlier = messages.slice(0, Math.max(end, 0));
  return options.limit === undefined ? earlier : earlier.slice(Math.max(earlier.length - limitOf(options), 0));
}

/** A limit as a whole number, never below zero. */
export function limitOf(options: PaginationOptions): number {
  return Math.max(Math.trunc(options.limit ?? 0), 0);
}

/** The last of each id, in the first one's place: what saving them one by one leaves. */
export function lastOfEach(messages: Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()];
}
