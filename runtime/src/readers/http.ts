// Resources below one address. The source's headers go to that address only.

import type { Json, ReaderFactory } from "../contract.ts";
import { ResourceError } from "../failure.ts";
import { limited, loadFailed, outside, recorded, schemeMismatch } from "./reading.ts";

const TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;

const http: ReaderFactory = (source, host, bundle) => {
  const base = new URL(String(source.baseUrl));
  return recorded("http", host, bundle, async (uri) => {
    if (!/^https?:\/\//i.test(uri)) throw schemeMismatch(uri, "http", "http, https");
    const signal = AbortSignal.timeout(typeof source.timeout === "number" ? source.timeout : TIMEOUT_MS);
    try {
      const response = await answered(uri, base, headersOf(source), signal);
      if (response.ok) return await limited(uri, response.body);
      await response.body?.cancel();
      throw loadFailed(uri, `the server answered ${response.status}`);
    } catch (error) {
      if (error instanceof ResourceError) throw error;
      throw loadFailed(uri, signal.aborted ? "no answer in time" : "the server cannot be reached", error);
    }
  });
};
export default http;

/** The last answer; redirects are followed within the source. */
async function answered(uri: string, base: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
  let url = new URL(uri);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    if (!isBelow(url, base)) throw outside(hop === 0 ? uri : url.href, base.href);
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    const next = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
    if (next === null) return response;
    await response.body?.cancel();
    url = new URL(next, url);
  }
  throw loadFailed(uri, "it is redirected too often");
}

/** new URL() has already undone `..`; an encoded one stays, and is not followed. */
function isBelow(url: URL, base: URL): boolean {
  const folder = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  const climbs = /%2e%2e|%2f\.\.|\.\.%2f|%5c/i.test(url.pathname);
  return url.origin === base.origin && !climbs && (url.pathname === base.pathname || url.pathname.startsWith(folder));
}

function headersOf(source: Record<string, Json>): Headers {
  const written = (source.headers ?? {}) as Record<string, Json>;
  return new Headers(Object.entries(written).map(([name, value]): [string, string] => [name, String(value)]));
}
