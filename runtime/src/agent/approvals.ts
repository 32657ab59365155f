// Questions of a turn to the person: may this tool run, or what is your answer. They wait until someone says so.

import type { Coordination, Json, Session } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import type { Sessions } from "./sessions.ts";

export interface Approval {
  approvalId: string;
  type: "tool_confirmation" | "elicitation";
  sessionId: string;
  timeout: number; // milliseconds
  timestamp: number;
  metadata: Record<string, Json>;
}

export interface ApprovalAnswer {
  status: "approved" | "denied" | "cancelled";
  reason?: string;
  rememberChoice?: boolean;
  formData?: Json;
}

const SEPARATOR = "~"; // in no session's id, so that an approval's id says whose it is

export const sessionOfApproval = (approvalId: string): string => approvalId.split(SEPARATOR, 1)[0]!;

export class Approvals {
  readonly #coordination: Coordination;
  readonly #shared: boolean;
  readonly #sessions: Sessions;
  readonly #open = new Map<string, Approval>();

  constructor(coordination: Coordination, sessions: Sessions, { shared }: { shared: boolean }) {
    this.#coordination = coordination;
    this.#sessions = sessions;
    this.#shared = shared;
  }

  async pending(sessionId?: string): Promise<Approval[]> {
    const here = [...this.#open.values()];
    if (!this.#shared) return here.filter((one) => sessionId === undefined || one.sessionId === sessionId);
    const sessions = sessionId === undefined ? await this.#sessions.list() : [await this.#sessions.find(sessionId)];
    return sessions.flatMap((session) => (session ? recorded(session.metadata) : []));
  }

  async answer(approvalId: string, answer: ApprovalAnswer): Promise<void> {
    const open = await this.pending(sessionOfApproval(approvalId));
    if (!open.some((one) => one.approvalId === approvalId)) throw approvalNotFound(approvalId);
    await this.#coordination.answer(approvalId, answer as unknown as Json);
  }

  /** Questions of a turn whose process died are open for ever, until the session's next turn begins. */
  async forgetAll(session: Session): Promise<void> {
    if (recorded(session.metadata).length === 0) return;
    await this.#sessions.update(session.id, (one) => {
      one.metadata["approvals"] = [];
    });
  }

  /** The answer; `cancelled` where the turn ended or nobody answered in time. */
  async ask(
    question: Pick<Approval, "type" | "sessionId" | "timeout" | "metadata">,
    emit: (event: { name: string; [key: string]: Json }) => void,
    signal: AbortSignal,
  ): Promise<ApprovalAnswer> {
    const { sessionId } = question;
    const approvalId = `${sessionId}${SEPARATOR}${crypto.randomUUID()}`;
    const approval: Approval = { approvalId, timestamp: Date.now(), ...question };
    const answered = this.#answered(approvalId, AbortSignal.any([signal, AbortSignal.timeout(question.timeout)]));
    await this.#record(approval);
    emit({ name: "approval:request", ...(approval as unknown as Record<string, Json>), sessionId });
    const answer = await answered;
    await this.#forget(approval);
    emit({ name: "approval:response", approvalId, sessionId, ...(answer as unknown as Record<string, Json>) });
    return answer;
  }

  async #answered(approvalId: string, signal: AbortSignal): Promise<ApprovalAnswer> {
    try {
      return (await this.#coordination.awaitAnswer(approvalId, signal)) as unknown as ApprovalAnswer;
    } catch (error) {
      if (!signal.aborted) throw error;
      const timedOut = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
      return { status: "cancelled", reason: timedOut ? "timeout" : "turn_ended" };
    }
  }

  async #record(approval: Approval): Promise<void> {
    this.#open.set(approval.approvalId, approval);
    if (!this.#shared) return;
    await this.#sessions.update(approval.sessionId, (session) => {
      session.metadata["approvals"] = [...recorded(session.metadata), approval] as unknown as Json;
    });
  }

  async #forget({ approvalId, sessionId }: Approval): Promise<void> {
    this.#open.delete(approvalId);
    if (!this.#shared) return;
    await this.#sessions.update(sessionId, (session) => {
      const left = recorded(session.metadata).filter((one) => one.approvalId !== approvalId);
      session.metadata["approvals"] = left as unknown as Json;
    });
  }
}

const recorded = (metadata: Record<string, Json>): Approval[] =>
  (metadata["approvals"] as unknown as Approval[] | undefined) ?? [];

const approvalNotFound = (approvalId: string) =>
  new RuntimeError("approval_not_found", "There is no open approval of this id.", {
    status: 404,
    scope: "approval",
    type: "not_found",
    context: { approvalId },
  });
