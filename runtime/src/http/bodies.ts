// What a client sends: read within limits, checked, and turned into the runtime's own words.

import type { Context } from "hono";
import type { BlobStore, Json, Part } from "../contract.ts";
import { invalid, RuntimeError } from "../errors.ts";

const LARGEST_BODY = 10_000_000; // bytes
const LONGEST_TEXT = 1_000_000; // characters
const MOST_PARTS = 50;
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+*-]{1,100}$/;
const DATA_URL = /^data:([^;,]*);base64,([A-Za-z0-9+/=_-]*)$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

type Data = Record<string, Json>;

/** An object. An empty body is an empty one. */
export async function readBody(c: Context): Promise<Data> {
  const text = await readText(c.req.raw);
  if (text.trim() === "") return {};
  const body = parsed(text);
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw invalid("body_invalid", "The body must be a JSON object.");
  }
  return body;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw invalid("body_invalid", "The body is not JSON.");
  }
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > LARGEST_BODY) throw tooLarge();
  if (request.body === null) return "";
  const decoder = new TextDecoder();
  const reader = request.body.getReader();
  let text = "";
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > LARGEST_BODY) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** A short text of the body, or undefined where it has none. */
export function textField(body: Data, name: string, longest = 1_000): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length <= longest) return value;
  throw invalid("field_invalid", `${name} must be a text of at most ${longest} characters.`, { field: name });
}

export interface ContentRules {
  blobs: BlobStore | null;
  allowedMediaTypes?: string[] | undefined;
}

/** `content` as parts: a text, or a list of texts, images and files. */
export async function readContent(body: Data, rules: ContentRules): Promise<Part[]> {
  const content = body["content"];
  if (typeof content === "string") return [textPart(content)];
  if (!Array.isArray(content) || content.length === 0 || content.length > MOST_PARTS) {
    throw invalid("content_invalid", `content must be a text or a list of 1 to ${MOST_PARTS} parts.`);
  }
  return Promise.all(content.map((part) => readPart(part, rules)));
}

function textPart(value: Json | undefined): Part {
  if (typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT) return { type: "text", text: value };
  throw invalid("content_invalid", `A text has 1 to ${LONGEST_TEXT} characters.`);
}

async function readPart(part: Json, rules: ContentRules): Promise<Part> {
  if (part === null || typeof part !== "object" || Array.isArray(part)) throw partInvalid();
  if (part["type"] === "text") return textPart(part["text"]);
  if (part["type"] === "image") return filePart("image", part["image"] ?? part["data"], part, rules);
  if (part["type"] === "file") return filePart("file", part["data"] ?? part["url"], part, rules);
  throw partInvalid();
}

async function filePart(
  type: "image" | "file",
  source: Json | undefined,
  part: Data,
  rules: ContentRules,
): Promise<Part> {
  if (typeof source !== "string" || source === "") throw partInvalid();
  const inline = DATA_URL.exec(source);
  const mediaType = checkedMediaType(
    textField(part, "mediaType") ?? textField(part, "mimeType") ?? inline?.[1],
    type,
    rules,
  );
  const filename = textField(part, "filename", 255);
  const about = { type, mediaType, ...(filename === undefined ? {} : { filename }) };
  if (/^https?:\/\//.test(source)) return { ...about, url: checkedUrl(source) };
  const encoded = inline?.[2] ?? source;
  if (!BASE64.test(encoded)) throw partInvalid();
  if (rules.blobs) return { ...about, blob: await rules.blobs.put(bytesOf(encoded), mediaType) };
  return { ...about, url: `data:${mediaType};base64,${encoded}` };
}

function checkedMediaType(
  value: string | undefined,
  type: "image" | "file",
  { allowedMediaTypes }: ContentRules,
): string {
  const mediaType = (value || (type === "image" ? "image/*" : "")).toLowerCase();
  if (!MEDIA_TYPE.test(mediaType)) throw invalid("content_invalid", "A file needs its mediaType.");
  const allowed = allowedMediaTypes?.some(
    (one) => one === mediaType || (one.endsWith("/*") && mediaType.startsWith(one.slice(0, -1))),
  );
  if (allowed !== false) return mediaType;
  throw new RuntimeError("media_type_not_allowed", `This agent reads no ${mediaType}.`, {
    status: 415,
    scope: "request",
  });
}

function checkedUrl(text: string): string {
  if (URL.canParse(text) && text.length <= 4_000) return text;
  throw partInvalid();
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    throw partInvalid();
  }
}

const partInvalid = () =>
  invalid("content_invalid", "A part is {type: text, text}, {type: image, image} or {type: file, data, mediaType}.");

const tooLarge = () =>
  new RuntimeError("body_too_large", `A body has at most ${LARGEST_BODY} bytes.`, { status: 413, scope: "request" });
