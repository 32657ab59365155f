// Uploads in an R2 bucket that is bound to the Worker: no credentials, no address.

import type { BlobStoreFactory } from "../contract.ts";
import { boundBucket } from "../r2/bucket.ts";
import { checkSize, isName, nameOf } from "./naming.ts";

const r2: BlobStoreFactory = async (config, host) => {
  const bucket = boundBucket(config, host);
  const keyOf = (name: string) => `${typeof config.prefix === "string" ? config.prefix : "blobs/"}${name}`;
  return {
    async put(content, mediaType) {
      checkSize(content, config);
      const name = await nameOf(content);
      await bucket.put(keyOf(name), content, { httpMetadata: { contentType: mediaType } });
      return name;
    },
    async get(name) {
      const object = isName(name) ? await bucket.get(keyOf(name)) : null;
      if (object === null) return null;
      const mediaType = object.httpMetadata?.contentType ?? "application/octet-stream";
      return { content: new Uint8Array(await object.arrayBuffer()), mediaType };
    },
    async delete(name) {
      if (isName(name)) await bucket.delete(keyOf(name));
    },
  };
};
export default r2;
