// A bucket of S3, R2, MinIO or any other that speaks the same API. aws4fetch signs: it is 6 KB and needs only fetch.

import { AwsClient } from "aws4fetch";

import type { Json } from "../contract.ts";
import { StorageError } from "../failure.ts";

const RETRIES = 2; // of 429 and 5xx
const ANSWER_MS = 60_000;

export interface Access {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface BucketConfig {
  bucket: string;
  region: string;
  endpoint?: string;
  access: Access | null; // null: what everyone may read
}

export class Bucket {
  readonly name: string;
  readonly #base: string;
  readonly #client: AwsClient | null;

  constructor(config: BucketConfig) {
    this.name = config.bucket;
    this.#base = baseOf(config);
    this.#client =
      config.access === null
        ? null
        : new AwsClient({ ...config.access, service: "s3", region: config.region, retries: RETRIES, initRetryMs: 100 });
  }

  /** The server's answer, whatever its status. */
  async ask(method: "GET" | "HEAD" | "PUT" | "DELETE", key: string, more: Sent = {}): Promise<Response> {
    const url = `${this.#base}/${key.split("/").map(encoded).join("/")}`;
    const signal = AbortSignal.timeout(ANSWER_MS);
    const init: RequestInit = { method, headers: more.headers ?? {}, signal, redirect: "manual" };
    if (more.body !== undefined) init.body = more.body as BodyInit;
    return this.#client === null ? fetch(url, init) : this.#client.fetch(url, init);
  }
}

interface Sent {
  headers?: Record<string, string>;
  body?: Uint8Array;
}

/** From a data source or `storage.blob`. Keys come from there, or from the variables that AWS itself sets. */
export function bucketOf(config: Record<string, Json>, environment: Readonly<Record<string, string | undefined>>): Bucket {
  const bucket = textOf(config.bucket) ?? environment.S3_BUCKET;
  if (bucket === undefined) {
    throw new StorageError("storage_unavailable", "No bucket is named", { next: "Set `bucket`." });
  }
  const endpoint = textOf(config.endpoint) ?? environment.S3_ENDPOINT_URL ?? environment.AWS_ENDPOINT_URL_S3;
  const region = textOf(config.region) ?? environment.AWS_REGION ?? (endpoint === undefined ? "us-east-1" : "auto");
  return new Bucket({ bucket, region, access: accessOf(config, environment), ...(endpoint ? { endpoint } : {}) });
}

function accessOf(config: Record<string, Json>, environment: Readonly<Record<string, string | undefined>>): Access | null {
  const written = (config.credentials ?? {}) as Record<string, Json>;
  return (
    pair(textOf(written.accessKeyId), textOf(written.secretAccessKey), textOf(written.sessionToken)) ??
    pair(environment.AWS_ACCESS_KEY_ID, environment.AWS_SECRET_ACCESS_KEY, environment.AWS_SESSION_TOKEN)
  );
}

function pair(accessKeyId?: string, secretAccessKey?: string, sessionToken?: string): Access | null {
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function baseOf({ bucket, region, endpoint }: BucketConfig): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, "")}/${encoded(bucket)}`;
  // A name with dots does not fit the certificate for *.s3.region.amazonaws.com.
  if (bucket.includes(".")) return `https://s3.${region}.amazonaws.com/${encoded(bucket)}`;
  return `https://${bucket}.s3.${region}.amazonaws.com`;
}

/** As S3 wants it for its signature: everything but letters, digits and -._~ */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

const textOf = (value: Json | undefined) => (typeof value === "string" && value !== "" ? value : undefined);
