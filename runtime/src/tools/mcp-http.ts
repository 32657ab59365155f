// MCP over HTTP: streamable, or the older server-sent events. `type` of the server's configuration says which.

import type { ToolSourceFactory } from "../contract.ts";
import { McpSource } from "./mcp.ts";

const mcpHttp: ToolSourceFactory = async (_name, config) => {
  const type = config["type"] === "sse" ? "sse" : "http";
  const url = String(config["url"]);
  const headers = (config["headers"] ?? {}) as Record<string, string>;
  return new McpSource(() => ({ type, url, headers }), config["timeout"]);
};

export default mcpHttp;
