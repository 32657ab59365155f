// MCP over the standard streams of a program that runs beside the agent; only where there are processes.

import { StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";
import type { ToolSourceFactory } from "../contract.ts";
import { McpSource } from "./mcp.ts";

// The program is told nothing of the agent's secrets but what its configuration names.
const PASSED_ON = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "NODE_OPTIONS", "SystemRoot"];

const mcpStdio: ToolSourceFactory = async (_name, config, host) => {
  const command = String(config["command"]);
  const args = (config["args"] ?? []) as string[];
  const inherited = PASSED_ON.flatMap((name) => (host.environment[name] ? [[name, host.environment[name]]] : []));
  const env = { ...Object.fromEntries(inherited), ...((config["env"] ?? {}) as Record<string, string>) };
  return new McpSource(() => new StdioMCPTransport({ command, args, env, stderr: "ignore" }), config["timeout"]);
};

export default mcpStdio;
