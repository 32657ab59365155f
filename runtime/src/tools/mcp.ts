// An MCP server as a source of tools, whatever carries its messages. A broken connection is made anew at the next call.

import { createMCPClient } from "@ai-sdk/mcp";
import type { Json, Tool, ToolSource } from "../contract.ts";

const TIMEOUT = 30_000; // milliseconds
const MOST_PAGES = 50;

type Transport = Parameters<typeof createMCPClient>[0]["transport"];
type Client = Awaited<ReturnType<typeof createMCPClient>>;
type Definition = Awaited<ReturnType<Client["listTools"]>>["tools"][number];
type Result = Awaited<ReturnType<Client["callTool"]>>;

export class McpSource implements ToolSource {
  readonly #transport: () => Transport;
  readonly #timeout: number;
  #client: Promise<Client> | null = null;

  constructor(transport: () => Transport, timeout: Json | undefined) {
    this.#transport = transport;
    this.#timeout = typeof timeout === "number" ? timeout : TIMEOUT;
  }

  async tools(): Promise<Tool[]> {
    const definitions: Definition[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const list = await this.#with((client) => client.listTools({ params, options: { timeout: this.#timeout } }));
      definitions.push(...list.tools);
      cursor = list.nextCursor;
      if (cursor === undefined) break;
    }
    return definitions.map((definition) => this.#tool(definition));
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.then((opened) => opened.close()).catch(() => undefined);
  }

  #tool({ name, description = "", inputSchema }: Definition): Tool {
    return {
      name,
      description,
      inputSchema: inputSchema as Record<string, Json>,
      run: async (args, { signal }) => {
        const options = { timeout: this.#timeout, signal };
        const request = { name, arguments: (args ?? {}) as Record<string, unknown>, options };
        const result = await this.#with((client) => client.callTool(request), signal);
        if ("isError" in result && result.isError) throw new Error(textOf(result) || `${name} failed.`);
        return textOf(result);
      },
    };
  }

  async #with<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      this.#client ??= this.#connect();
      return await work(await this.#client);
    } catch (error) {
      if (!signal?.aborted) await this.close();
      throw error;
    }
  }

  #connect(): Promise<Client> {
    return createMCPClient({
      transport: this.#transport(),
      clientName: "dexto-cloud",
      initializationOptions: { timeout: this.#timeout },
      onUncaughtError: () => undefined,
    });
  }
}

/** What a model can read of a result. */
function textOf(result: Result): string {
  if (!("content" in result) || !Array.isArray(result.content)) return JSON.stringify(result);
  const parts = result.content as { type: string; text?: string; mimeType?: string; resource?: { text?: string } }[];
  return parts.map((part) => part.text ?? part.resource?.text ?? `[${part.type} ${part.mimeType ?? ""}]`).join("\n");
}
