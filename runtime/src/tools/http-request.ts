// One HTTP request to the open internet. Addresses of the own machine and network are refused.

import type { Json, Tool } from "../contract.ts";
import { object, optionalText, schema, text, textOf } from "./schemas.ts";

const LARGEST = 1_000_000; // bytes of an answer that are read
const TIME = 30_000; // milliseconds
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

export const httpRequest: Tool = {
  name: "http_request",
  description: "Sends one HTTP request and returns status, headers and body. Redirects are not followed.",
  inputSchema: schema(
    {
      url: text("http:// or https:// address"),
      method: { type: "string", enum: METHODS },
      headers: { type: "object", additionalProperties: { type: "string" } },
      body: text("The request's body"),
    },
    ["url"],
  ),
  async run(args, { signal }) {
    const { url, method, headers, body } = object(args);
    const response = await fetch(publicAddress(textOf(url, "url")), {
      method: METHODS.find((one) => one === method) ?? "GET",
      headers: object(headers ?? {}) as Record<string, string>,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIME)]),
      ...(optionalText(body) === undefined ? {} : { body: optionalText(body)! }),
    });
    const content = await beginning(response);
    return { status: response.status, headers: Object.fromEntries(response.headers), body: content } satisfies Json;
  },
};

const PRIVATE = [
  /^localhost$|\.localhost$|\.local$|\.internal$/,
  /^(0|10|127)\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^192\.168\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^\[(::|::1|f[cde][0-9a-f]*:.*|::ffff:.*)\]$/,
];

function publicAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error("url must begin with http:// or https://.");
  if (PRIVATE.some((pattern) => pattern.test(url.hostname))) throw new Error("Addresses of this network are refused.");
  return url;
}

async function beginning(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let content = "";
  for (let size = 0; size < LARGEST;) {
    const { done, value } = await reader.read();
    if (done) return content + decoder.decode();
    size += value.byteLength;
    content += decoder.decode(value, { stream: true });
  }
  await reader.cancel().catch(() => undefined);
  return `${content}\n[cut off]`;
}
