// Turns that several processes share. What is alike for PostgreSQL and Redis is here; a board holds the facts.

import type { AgentEvent, Coordination, Json } from "../contract.ts";
import type { Bell } from "./bells.ts";
import { EventWriter } from "./event-writer.ts";
import { steadily } from "./steadily.ts";

/** How long a turn's events and an approval's answer can still be read after it. */
export const KEPT_MS = 600_000;
export const ANSWER_KEPT_MS = 86_400_000;

export interface TurnState {
  turnId: string;
  cancelled: boolean;
  remainingMs: number; // until the turn counts as lost
}

/** Events as JSON, after the place where the last reading ended. */
export interface Reading {
  events: string[];
  place: string;
}

/** News of one key. A wait needs not be longer than `pauseMs`: after that it is better to look. */
export interface News {
  bell: Bell;
  pauseMs(): number;
  end(): void;
}

/** Where turns are written down. Each call holds as a whole; time is the engine's. */
export interface TurnBoard {
  take(sessionId: string, turnId: string, ttlMs: number): Promise<boolean>;
  renew(sessionId: string, turnId: string, ttlMs: number): Promise<boolean>;
  release(sessionId: string, turnId: string): Promise<void>;
  state(sessionId: string): Promise<TurnState | null>;
  cancel(sessionId: string): Promise<boolean>;
  append(sessionId: string, turnId: string, events: string[]): Promise<void>;
  read(sessionId: string, turnId: string, after: string | null): Promise<Reading>;
  putAnswer(approvalId: string, answer: string): Promise<void>;
  getAnswer(approvalId: string): Promise<string | null>;
  /** Rings at news of a session's turn or of an approval. Waiting begins when the promise settles. */
  listen(key: string): Promise<News>;
}

export const turnKey = (sessionId: string) => `turn ${sessionId}`;
export const answerKey = (approvalId: string) => `answer ${approvalId}`;

export class SharedTurns implements Coordination {
  readonly #board: TurnBoard;
  readonly #writers = new Map<string, EventWriter>();

  constructor(board: TurnBoard) {
    this.#board = board;
  }

  begin(sessionId: string, turnId: string, ttlMs: number): Promise<boolean> {
    return this.#board.take(sessionId, turnId, ttlMs);
  }

  renew(sessionId: string, turnId: string, ttlMs: number): Promise<boolean> {
    return steadily(() => this.#board.renew(sessionId, turnId, ttlMs));
  }

  async end(sessionId: string, turnId: string): Promise<void> {
    await this.#writers.get(turnId)?.written();
    this.#writers.delete(turnId);
    await steadily(() => this.#board.release(sessionId, turnId));
  }

  async running(sessionId: string): Promise<string | null> {
    return (await steadily(() => this.#board.state(sessionId)))?.turnId ?? null;
  }

  cancel(sessionId: string): Promise<boolean> {
    return steadily(() => this.#board.cancel(sessionId));
  }

  publish(sessionId: string, turnId: string, event: AgentEvent): Promise<void> {
    const writer = this.#writers.get(turnId) ?? new EventWriter((events) => this.#board.append(sessionId, turnId, events));
    this.#writers.set(turnId, writer);
    return writer.write(JSON.stringify(event));
  }

  async *follow(sessionId: string, turnId: string, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const news = await this.#board.listen(turnKey(sessionId));
    try {
      for (let place: string | null = null; !signal.aborted; ) {
        // First whether it runs, then what it said: after its end nothing is added.
        const state = await steadily(() => this.#board.state(sessionId));
        const after: string | null = place;
        const reading: Reading = await steadily(() => this.#board.read(sessionId, turnId, after));
        place = reading.place;
        for (const event of reading.events) yield JSON.parse(event) as AgentEvent;
        if (reading.events.length > 0) continue;
        if (state?.turnId !== turnId) return;
        await news.bell.wait(Math.min(news.pauseMs(), state.remainingMs + 1), signal);
      }
    } finally {
      news.end();
    }
  }

  async stopped(sessionId: string, turnId: string, signal: AbortSignal): Promise<void> {
    const news = await this.#board.listen(turnKey(sessionId));
    try {
      while (!signal.aborted) {
        const state = await steadily(() => this.#board.state(sessionId));
        if (state?.turnId !== turnId || state.cancelled) return;
        await news.bell.wait(Math.min(news.pauseMs(), state.remainingMs + 1), signal);
      }
    } finally {
      news.end();
    }
  }

  answer(approvalId: string, answer: Json): Promise<void> {
    return steadily(() => this.#board.putAnswer(approvalId, JSON.stringify(answer)));
  }

  async awaitAnswer(approvalId: string, signal: AbortSignal): Promise<Json> {
    const news = await this.#board.listen(answerKey(approvalId));
    try {
      for (;;) {
        signal.throwIfAborted();
        const answer = await steadily(() => this.#board.getAnswer(approvalId));
        if (answer !== null) return JSON.parse(answer) as Json;
        await news.bell.wait(news.pauseMs(), signal);
      }
    } finally {
      news.end();
    }
  }
}
