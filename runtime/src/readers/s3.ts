// Resources in a bucket, over the S3 API: also R2's and MinIO's, by `endpoint`.

import type { Json, ReaderFactory } from "../contract.ts";
import { bucketOf } from "../s3/bucket.ts";
import { keyIn } from "./keys.ts";
import { limited, loadFailed, recorded } from "./reading.ts";

const REASONS: Record<number, string> = {
  301: "the bucket is in another region",
  400: "the request was not accepted; is the region right?",
  403: "access is denied",
  404: "there is no such object",
};

const s3: ReaderFactory = (source, host, bundle) => {
  const bucket = bucketOf(source as Record<string, Json>, host.environment);
  return recorded("s3", host, bundle, async (uri) => {
    const response = await bucket.ask("GET", keyIn(uri, bucket.name));
    if (response.status === 200) return limited(uri, response.body);
    await response.body?.cancel();
    throw loadFailed(uri, REASONS[response.status] ?? `the server answered ${response.status}`);
  });
};
export default s3;
