// Events of a Function URL (payload format 2.0) as web requests, and responses as Lambda wants them described.

export interface FunctionUrlEvent {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: { domainName?: string; http: { method: string; sourceIp?: string } };
}

export function requestOf(event: FunctionUrlEvent): Request {
  const { method, sourceIp } = event.requestContext.http;
  const headers = new Headers(event.headers);
  if (event.cookies?.length) headers.set("cookie", event.cookies.join("; "));
  // The platform's own word of where the request comes from; what a client wrote there stands before it.
  if (sourceIp) headers.append("x-forwarded-for", sourceIp);
  const host = event.requestContext.domainName ?? headers.get("host") ?? "localhost";
  const query = event.rawQueryString === "" ? "" : `?${event.rawQueryString}`;
  const url = `${headers.get("x-forwarded-proto") ?? "https"}://${host}${event.rawPath}${query}`;
  return new Request(url, { method, headers, ...bodyOf(event, method) });
}

function bodyOf({ body, isBase64Encoded }: FunctionUrlEvent, method: string): RequestInit {
  if (body === undefined || method === "GET" || method === "HEAD") return {};
  return { body: isBase64Encoded ? new Uint8Array(Buffer.from(body, "base64")) : body };
}

export function metadataOf(response: Response): object {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie"));
  return { statusCode: response.status, headers, cookies: response.headers.getSetCookie() };
}
