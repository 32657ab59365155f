// Who runs a turn, where one process serves all sessions of a store. Its events are heard from the turn itself.

import type { AgentEvent, Coordination, Json } from "../contract.ts";

export class LocalCoordination implements Coordination {
  readonly #turns = new Map<string, string>(); // by session
  readonly #questions = new Map<string, (answer: Json) => void>();

  async begin(sessionId: string, turnId: string): Promise<boolean> {
    if (this.#turns.has(sessionId)) return false;
    this.#turns.set(sessionId, turnId);
    return true;
  }

  async renew(sessionId: string, turnId: string): Promise<boolean> {
    return this.#turns.get(sessionId) === turnId;
  }

  async end(sessionId: string, turnId: string): Promise<void> {
    if (this.#turns.get(sessionId) === turnId) this.#turns.delete(sessionId);
  }

  async running(sessionId: string): Promise<string | null> {
    return this.#turns.get(sessionId) ?? null;
  }

  async cancel(sessionId: string): Promise<boolean> {
    return this.#turns.has(sessionId);
  }

  async publish(): Promise<void> {}

  async *follow(): AsyncGenerator<AgentEvent> {}

  async answer(approvalId: string, answer: Json): Promise<void> {
    this.#questions.get(approvalId)?.(answer);
  }

  awaitAnswer(approvalId: string, signal: AbortSignal): Promise<Json> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#questions.delete(approvalId);
        signal.removeEventListener("abort", stop);
        finish();
      };
      const stop = () => settle(() => reject(signal.reason));
      signal.addEventListener("abort", stop, { once: true });
      this.#questions.set(approvalId, (answer) => settle(() => resolve(answer)));
      if (signal.aborted) stop();
    });
  }
}
