// The tools of an agent, from the families that its configuration names and from its MCP servers.

import type { Bundle, Host, Json, Tool, ToolSource } from "../contract.ts";
import { publicMessage, RuntimeError } from "../errors.ts";
import type { Settings } from "./settings.ts";

const TRY_AGAIN_AFTER = 30_000; // milliseconds; a server that was not there may come back
const NAME = /[^A-Za-z0-9_-]/g;

export interface OwnedTool {
  name: string; // what the model calls it
  tool: Tool;
  source: "mcp" | "local";
  server: string; // the MCP server or the family
}

interface Connection {
  source: "mcp" | "local";
  name: string;
  strict: boolean;
  open(): Promise<ToolSource>;
  opened: Promise<{ toolSource: ToolSource; tools: Tool[] }> | null;
  failedAt: number;
}

export class Toolset {
  readonly #connections: Connection[];
  readonly #log: Host["log"];

  constructor(settings: Settings, bundle: Bundle, host: Host) {
    this.#log = host.log;
    this.#connections = [...families(settings, bundle, host), ...servers(settings, bundle, host)];
  }

  /** By name. Throws where a server with `connectionMode: strict` cannot be reached. */
  async tools(): Promise<Map<string, OwnedTool>> {
    const lists = await Promise.all(this.#connections.map((connection) => this.#list(connection)));
    const tools = new Map<string, OwnedTool>();
    this.#connections.forEach(({ source, name: server }, index) => {
      for (const tool of lists[index]!) {
        const name = freeName(tools, tool.name, server);
        tools.set(name, { name, tool, source, server });
      }
    });
    return tools;
  }

  async close(): Promise<void> {
    const opened = this.#connections.flatMap(({ opened }) => (opened ? [opened] : []));
    await Promise.allSettled(opened.map(async (one) => (await one).toolSource.close()));
  }

  async #list(connection: Connection): Promise<Tool[]> {
    if (connection.opened === null && Date.now() - connection.failedAt < TRY_AGAIN_AFTER) return [];
    connection.opened ??= connection
      .open()
      .then(async (source) => ({ toolSource: source, tools: await source.tools() }));
    try {
      return (await connection.opened).tools;
    } catch (error) {
      connection.opened = null;
      if (connection.strict) throw unreachable(connection, error);
      connection.failedAt = Date.now();
      this.#log("warn", `${connection.name} offers no tools: ${publicMessage(error)}`, { server: connection.name });
      return [];
    }
  }
}

function freeName(taken: Map<string, OwnedTool>, name: string, server: string): string {
  const plain = name.replace(NAME, "_").slice(0, 64);
  return taken.has(plain) ? `${server.replace(NAME, "_")}--${plain}`.slice(0, 64) : plain;
}

function families(settings: Settings, bundle: Bundle, host: Host): Connection[] {
  return settings.tools.map((config) => {
    const name = String(config["type"]);
    return connection("local", name, false, () => opened(bundle, name, name, settings.expanded(config), host));
  });
}

function servers(settings: Settings, bundle: Bundle, host: Host): Connection[] {
  const enabled = Object.entries(settings.mcpServers).filter(([, config]) => config["enabled"] !== false);
  return enabled.map(([name, config]) => {
    const open = () => opened(bundle, String(config["type"]), name, settings.expanded(config), host);
    return connection("mcp", name, config["connectionMode"] === "strict", open);
  });
}

const connection = (
  source: "mcp" | "local",
  name: string,
  strict: boolean,
  open: () => Promise<ToolSource>,
): Connection => ({ source, name, strict, open, opened: null, failedAt: -Infinity });

async function opened(bundle: Bundle, kind: string, name: string, config: Record<string, Json>, host: Host) {
  const factory = bundle.parts.toolSources[kind];
  if (!factory) throw new Error(`tools of the kind ${kind} are not in this bundle`);
  return factory(name, config, host);
}

const unreachable = ({ source, name }: Connection, error: unknown) =>
  new RuntimeError(
    "tools_unavailable",
    `${source === "mcp" ? "The MCP server" : "The tools"} ${name} cannot be used: ${publicMessage(error)}`,
    { status: 502, scope: "tools", type: "third_party", context: { server: name }, cause: error },
  );
