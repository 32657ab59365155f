// Resources in the R2 bucket that is bound to the Worker, for data sources of type s3.

import type { ReaderFactory } from "../contract.ts";
import { boundBucket } from "../r2/bucket.ts";
import { keyIn } from "./keys.ts";
import { limited, loadFailed, MAX_BYTES, recorded, tooLarge } from "./reading.ts";

const r2: ReaderFactory = (source, host, bundle) => {
  const bucket = boundBucket(source, host);
  return recorded("r2", host, bundle, async (uri) => {
    const object = await bucket.get(keyIn(uri, typeof source.bucket === "string" ? source.bucket : null));
    if (object === null) throw loadFailed(uri, "there is no such object");
    if (object.size > MAX_BYTES) throw tooLarge(uri);
    return limited(uri, object.body);
  });
};
export default r2;
