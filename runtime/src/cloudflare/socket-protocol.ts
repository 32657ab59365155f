// What a session's WebSocket carries, each frame one JSON object with a `type`. docs/websocket.md describes it.

import type { AgentEvent, Json } from "../contract.ts";
import { invalid } from "../errors.ts";

/** Answered without waking the object, so a connection that is kept open costs nothing. */
export const PING = '{"type":"ping"}';
export const PONG = '{"type":"pong"}';

export const PROTOCOL = "dexto.v1";
const LARGEST_FRAME = 1_000_000; // characters

type Data = Record<string, Json>;
export type Frame = { type: string; [key: string]: Json };

export type Asked =
  | { type: "message"; body: Data; id: Json }
  | { type: "approval"; approvalId: string; answer: Data; id: Json }
  | { type: "cancel"; id: Json };

/** What a client sent. Raises RuntimeError. */
export function askedOf(text: string | ArrayBuffer): Asked {
  if (typeof text !== "string") throw invalid("frame_invalid", "A frame is text.");
  if (text.length > LARGEST_FRAME) throw invalid("frame_too_large", `A frame has at most ${LARGEST_FRAME} characters.`);
  const { type, id = null, ...rest } = parsed(text);
  if (type === "message") return { type, body: rest, id };
  if (type === "cancel") return { type, id };
  if (type === "approval" && typeof rest["approvalId"] === "string") {
    return { type, approvalId: rest["approvalId"], answer: rest, id };
  }
  throw invalid("frame_invalid", "A frame's type is message, approval (with approvalId), cancel or ping.");
}

function parsed(text: string): Data {
  try {
    const frame = JSON.parse(text) as Json;
    if (frame !== null && typeof frame === "object" && !Array.isArray(frame)) return frame;
  } catch {
    // The next line says it.
  }
  throw invalid("frame_invalid", "A frame is a JSON object.");
}

/** The frames of a turn's events; what a client needs not know gives none. */
export class Frames {
  #response: Data = {};

  of(event: AgentEvent): Frame[] {
    const { name, sessionId, ...data } = event;
    const frame = (type: string, more: Data = {}): Frame[] => [{ type, sessionId, data: { ...data, ...more } }];
    switch (name) {
      case "llm:chunk":
        return frame("chunk");
      case "llm:tool-call":
        return frame("tool", { phase: "call" });
      case "tool:running":
        return frame("tool", { phase: "running" });
      case "llm:tool-result":
        return frame("tool", { phase: "result" });
      case "approval:request":
        return frame("approval", { phase: "request" });
      case "approval:response":
        return frame("approval", { phase: "response" });
      case "llm:error":
        return frame("error");
      case "llm:response":
        this.#response = data;
        return [];
      case "run:complete":
        return frame("done", this.#response);
      default:
        return [];
    }
  }
}

/** An error that concerns one frame of the client's. */
export function errorFrame(error: { code: string; message: string }, id: Json): Frame {
  return { type: "error", id, data: { code: error.code, message: error.message } };
}
