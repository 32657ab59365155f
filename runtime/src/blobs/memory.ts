// Uploads in this process's memory.

import type { BlobStoreFactory } from "../contract.ts";
import { checkSize, checkTotal, nameOf } from "./naming.ts";

const memory: BlobStoreFactory = async (config) => {
  const blobs = new Map<string, { content: Uint8Array; mediaType: string }>();
  const total = () => [...blobs.values()].reduce((sum, blob) => sum + blob.content.byteLength, 0);
  return {
    async put(content, mediaType) {
      checkSize(content, config);
      const name = await nameOf(content);
      if (!blobs.has(name)) checkTotal(total() + content.byteLength, config);
      blobs.set(name, { content: content.slice(), mediaType });
      return name;
    },
    async get(name) {
      const blob = blobs.get(name);
      return blob === undefined ? null : { ...blob, content: blob.content.slice() };
    },
    async delete(name) {
      blobs.delete(name);
    },
  };
};
export default memory;
