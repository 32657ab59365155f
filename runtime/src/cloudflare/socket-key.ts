// A browser cannot set headers of a WebSocket; what it can name are protocols, and one of them bears the key:
// new WebSocket(url, ["dexto.v1", "bearer.<key>"]).

const BEARER = /(?:^|,)\s*bearer\.([^\s,]+)/;

export function withKeyFromProtocol(request: Request): Request {
  const protocols = request.headers.get("sec-websocket-protocol");
  const key = BEARER.exec(protocols ?? "")?.[1];
  if (key === undefined) return request;
  const headers = new Headers(request.headers);
  // The key goes no further than it has to.
  headers.set("sec-websocket-protocol", protocols!.replace(BEARER, "").replace(/^\s*,\s*/, ""));
  if (!headers.has("authorization")) headers.set("authorization", `Bearer ${decodeURIComponent(key)}`);
  return new Request(request, { headers });
}
