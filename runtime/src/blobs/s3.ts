// Uploads in a bucket, over the S3 API.

import type { BlobStore, BlobStoreFactory, Json } from "../contract.ts";
import { StorageError, sentenceOf } from "../failure.ts";
import { bucketOf, type Bucket } from "../s3/bucket.ts";
import { checkSize, isName, nameOf } from "./naming.ts";

class S3Blobs implements BlobStore {
  readonly #bucket: Bucket;
  readonly #config: Record<string, Json>;
  readonly #prefix: string;

  constructor(bucket: Bucket, config: Record<string, Json>) {
    this.#bucket = bucket;
    this.#config = config;
    this.#prefix = typeof config.prefix === "string" ? config.prefix : "blobs/";
  }

  async put(content: Uint8Array, mediaType: string): Promise<string> {
    checkSize(content, this.#config);
    const name = await nameOf(content);
    const headers = { "content-type": mediaType, "content-length": String(content.byteLength) };
    await this.#ask("PUT", name, [200], { body: content, headers });
    return name;
  }

  async get(name: string): Promise<{ content: Uint8Array; mediaType: string } | null> {
    if (!isName(name)) return null;
    const response = await this.#ask("GET", name, [200, 404]);
    if (response.status === 404) return null;
    const mediaType = response.headers.get("content-type") ?? "application/octet-stream";
    return { content: new Uint8Array(await response.arrayBuffer()), mediaType };
  }

  async delete(name: string): Promise<void> {
    if (isName(name)) await this.#ask("DELETE", name, [200, 204, 404]);
  }

  async #ask(method: "GET" | "PUT" | "DELETE", name: string, expected: number[], sent = {}): Promise<Response> {
    const key = `${this.#prefix}${name}`;
    const response = await this.#bucket.ask(method, key, sent).catch((error: unknown) => {
      throw new StorageError("storage_unavailable", `The bucket cannot be reached: ${sentenceOf(error)}`, { cause: error });
    });
    if (expected.includes(response.status)) return response;
    await response.body?.cancel();
    throw new StorageError("storage_refused", `The bucket answered ${response.status} to ${method}`, {
      next: "Check the bucket's name, its region and the credentials' rights.",
    });
  }
}

const s3: BlobStoreFactory = async (config, host) => new S3Blobs(bucketOf(config, host.environment), config);
export default s3;
