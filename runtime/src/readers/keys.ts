// s3://bucket/key: which object a URI names.

import { climbs, outside, schemeMismatch } from "./reading.ts";

/** The object's key. Raises ResourceError where the URI is of another scheme or names another bucket. */
export function keyIn(uri: string, bucket: string | null): string {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri.split(/[?#]/, 1)[0] ?? "");
  if (match === null) throw schemeMismatch(uri, "s3", "s3");
  // The source's credentials are meant for its own bucket only.
  if (bucket !== null && match[1] !== bucket) throw outside(uri, `the bucket ${bucket}`);
  const key = decodeURIComponent(match[2]!);
  // A URL with parent steps would name another object on its way to the server.
  if (key.split("/").some((step) => step === "." || step === "..")) throw climbs(uri);
  return key;
}
