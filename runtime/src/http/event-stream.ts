// Events of a turn as server-sent events. Closing the stream ends the listening, not the turn.

import type { AgentEvent } from "../contract.ts";

const KEEP_ALIVE = 15_000; // milliseconds; proxies close what is silent for longer

export function eventStream(follow: (signal: AbortSignal) => AsyncIterable<AgentEvent>): Response {
  const stop = new AbortController();
  const encoder = new TextEncoder();
  let keepAlive: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      keepAlive = setInterval(() => controller.enqueue(encoder.encode(": keep-alive\n\n")), KEEP_ALIVE);
      void write(controller).finally(() => clearInterval(keepAlive));
    },
    cancel() {
      clearInterval(keepAlive);
      stop.abort();
    },
  });
  async function write(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      for await (const event of follow(stop.signal)) controller.enqueue(encoder.encode(frame(event)));
      if (!stop.signal.aborted) controller.close();
    } catch (error) {
      if (!stop.signal.aborted) controller.error(error);
    }
  }
  return new Response(body, { headers: HEADERS });
}

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
};

const frame = ({ name, ...rest }: AgentEvent): string =>
  `event: ${name}\ndata: ${JSON.stringify({ name, ...rest })}\n\n`;
