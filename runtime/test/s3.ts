// The S3 server of the test run.

import assert from "node:assert/strict";

const { TEST_S3_ENDPOINT: endpoint, TEST_S3_BUCKET: bucket, TEST_S3_KEY: key, TEST_S3_SECRET: secret } = process.env;
assert.ok(endpoint && bucket && key && secret, "TEST_S3_* name the server");

export const bucketSource = {
  type: "s3",
  bucket,
  region: "us-east-1",
  endpoint,
  credentials: { accessKeyId: key, secretAccessKey: secret },
};

export const bucketEnvironment = {
  S3_BUCKET: bucket,
  S3_ENDPOINT_URL: endpoint,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: key,
  AWS_SECRET_ACCESS_KEY: secret,
};
