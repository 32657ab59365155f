// MCP over HTTP: streamable, or the older server-sent events. `type` of the server's configuration says which.

import type { ToolSourceFactory } from "../contract.ts";
import { McpSource } from "./mcp.ts";

const mcpHttp: ToolSourceFactory = async (_name, config) => {
  const type = config["type"] === "sse" ? "sse" : "http";
  const url = String(config["url"]);
  const headers = (config["headers"] ?? {}) as Record<string, string>;
  return new McpSource(() => ({ type, url, headers, fetch: withoutRedirects }), config["timeout"]);
};

/** A redirect could lead a header with a key elsewhere. Workers know no `redirect: "error"`. */
const withoutRedirects: typeof fetch = async (input, options) => {
  const response = await fetch(input, { ...options, redirect: "manual" });
  if (response.status < 300 || response.status >= 400) return response;
  await response.body?.cancel();
  throw new Error(`the server answers with a redirect (${response.status}), which is not followed`);
};

export default mcpHttp;
