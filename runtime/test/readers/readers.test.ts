import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import type { Bundle, Json, ReaderFactory, ResourceReader } from "../../src/contract.ts";
import type { Failure } from "../../src/failure.ts";
import bundled from "../../src/readers/bundled.ts";
import file from "../../src/readers/file.ts";
import http from "../../src/readers/http.ts";
import s3 from "../../src/readers/s3.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { bucketSource } from "../s3.ts";
import { bucketOf } from "../../src/s3/bucket.ts";
import { workerd } from "../workerd/workerd.ts";

const text = (content: Uint8Array) => new TextDecoder().decode(content);
const digestOf = (content: string) => createHash("sha256").update(content).digest("hex");
const failsWith = (code: string, sentence = /./) => (error: Failure) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
  return true;
};

/** A reader, and the audit events of what it did. */
function opened(factory: ReaderFactory, source: Record<string, Json>, environment = {}, bundle: Bundle = bundleWith()) {
  const host = hostWith(environment);
  const reader: ResourceReader = factory(source, host, bundle);
  const events = () => host.logged.map(({ level, fields }) => [level, fields.event, fields.source, fields.uri, fields.outcome]);
  return { reader, events };
}

describe("bundled", () => {
  it("what the build put into the bundle is read, and nothing else", async () => {
    const bundle = bundleWith({ "file:///a.md": { sha256: digestOf("häh"), size: 4, text: "häh" } });
    const { reader, events } = opened(bundled, {}, {}, bundle);
    assert.equal(text(await reader.read("file:///a.md")), "häh");
    await assert.rejects(reader.read("file:///b.md"), failsWith("resource_load_failed", /not in the bundle/));
    assert.deepEqual(events(), [
      ["info", "data_source.read", "bundled", "file:///a.md", `sha256:${digestOf("häh")}`],
      ["error", "data_source.read", "bundled", "file:///b.md", "resource_load_failed"],
    ]);
  });
});

describe("fs", async () => {
  const root = await mkdtemp(join(tmpdir(), "dexto-readers-"));
  after(() => rm(root, { recursive: true }));
  const folder = join(root, "bundle");
  await mkdir(join(folder, "prompts"), { recursive: true });
  await writeFile(join(folder, "prompts", "base ü.md"), "be kind");
  await writeFile(join(root, "secret"), "secret");
  await writeFile(join(folder, "large.md"), new Uint8Array(10_000_001));
  await symlink(join(root, "secret"), join(folder, "link.md"));
  await symlink(join(folder, "prompts", "base ü.md"), join(folder, "inner.md"));
  const open = (bundle?: Bundle) => opened(file, { type: "fs" }, { DEXTO_BUNDLE_DIR: folder }, bundle);

  it("files of the bundle are read by URI, from its root or by their place on this machine", async () => {
    const { reader } = open();
    assert.equal(text(await reader.read("file:///prompts/base%20%C3%BC.md")), "be kind");
    assert.equal(text(await reader.read(`file://${encodeURI(folder)}/prompts/base%20%C3%BC.md`)), "be kind");
    assert.equal(text(await reader.read("file:///inner.md")), "be kind");
  });

  it("a pinned file is read from where the build put it, and must be what was pinned", async () => {
    const uri = "file:///project/base.md";
    const pin = (content: string) => bundleWith({ [uri]: { sha256: digestOf(content), size: 7, path: "prompts/base ü.md" } });
    assert.equal(text(await open(pin("be kind")).reader.read(uri)), "be kind");
    await assert.rejects(open(pin("be evil")).reader.read(uri), failsWith("resource_load_failed", /pinned/));
  });

  it("nothing outside of the bundle's folder is read, whichever way it is named", async () => {
    const { reader } = open();
    const ways = ["/../secret", "/prompts/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/link.md", "/etc/passwd", "/", "/prompts"];
    for (const way of ways) await assert.rejects(reader.read(`file://${way}`), failsWith("resource_load_failed"));
    await assert.rejects(reader.read(`file://${root}/secret`), failsWith("resource_load_failed"));
    await assert.rejects(reader.read("file://host/prompts/base.md"), failsWith("resource_load_failed"));
    await assert.rejects(reader.read("s3://b/k"), failsWith("resource_scheme_mismatch"));
    const climbing = bundleWith({ "file:///x": { sha256: digestOf("secret"), size: 6, path: "../secret" } });
    await assert.rejects(open(climbing).reader.read("file:///x"), failsWith("resource_load_failed", /folder/));
  });

  it("a file above the limit is not read", async () => {
    await assert.rejects(open().reader.read("file:///large.md"), failsWith("resource_load_failed", /larger/));
  });
});

describe("s3", async () => {
  const bucket = bucketOf(bucketSource, {});
  const folder = `test-readers/${crypto.randomUUID()}`;
  const put = (key: string, content: string | Uint8Array) =>
    bucket.ask("PUT", `${folder}/${key}`, { body: typeof content === "string" ? new TextEncoder().encode(content) : content });
  const uri = (key: string) => `s3://${bucketSource.bucket}/${folder}/${key}`;
  await put("plain.md", "plain");
  await put("odd (1)+ü & 100%'!*.md", "odd");
  await put("large", new Uint8Array(10_000_001));

  it("objects are read with signed requests, also those with odd names", async () => {
    const { reader, events } = opened(s3, bucketSource);
    assert.equal(text(await reader.read(uri("plain.md"))), "plain");
    assert.equal(text(await reader.read(uri(encodeURIComponent("odd (1)+ü & 100%'!*.md")))), "odd");
    assert.deepEqual(events()[0], ["info", "data_source.read", "s3", uri("plain.md"), `sha256:${digestOf("plain")}`]);
  });

  it("what cannot be read says why, by the plan's codes", async () => {
    const { reader } = opened(s3, bucketSource);
    await assert.rejects(reader.read(uri("absent")), failsWith("resource_load_failed", /no such object/));
    await assert.rejects(reader.read(uri("large")), failsWith("resource_load_failed", /larger/));
    await assert.rejects(reader.read("s3://another-bucket/x"), failsWith("resource_outside_source"));
    await assert.rejects(reader.read("https://x/y"), failsWith("resource_scheme_mismatch"));
    await assert.rejects(reader.read(uri("a/../plain.md")), failsWith("path_traversal"));
    const credentials = { accessKeyId: "nobody-at-all", secretAccessKey: "hunter22" };
    const wrong = opened(s3, { ...bucketSource, credentials }).reader;
    await assert.rejects(wrong.read(uri("plain.md")), failsWith("resource_load_failed", /denied/));
    const away = opened(s3, { ...bucketSource, endpoint: "http://127.0.0.1:1" }).reader;
    await assert.rejects(away.read(uri("plain.md")), failsWith("resource_load_failed"));
  });

  it("a session token is sent and signed", async () => {
    const seen: IncomingMessage["headers"][] = [];
    const server = await served((request, response) => {
      seen.push(request.headers);
      response.end("ok");
    });
    const credentials = { ...bucketSource.credentials, sessionToken: "a-session" };
    const { reader } = opened(s3, { ...bucketSource, endpoint: server.url, credentials });
    assert.equal(text(await reader.read(uri("x"))), "ok");
    assert.equal(seen[0]!["x-amz-security-token"], "a-session");
    assert.match(String(seen[0]!.authorization), /SignedHeaders=[^,]*x-amz-security-token/);
    server.close();
  });
});

describe("r2", () => {
  it("objects of the bound bucket are read inside of workerd", async () => {
    const engine = await workerd();
    after(() => engine.close());
    const bucket = await engine.bucket();
    await bucket.put("prompts/ä b.md", "from R2");
    await bucket.put("large", new Uint8Array(10_000_001));
    const reader = engine.part<ResourceReader>("reader", "r2-reader", { type: "s3", bucket: "mine" });
    assert.equal(text(await reader.read("s3://mine/prompts/%C3%A4%20b.md")), "from R2");
    await assert.rejects(reader.read("s3://mine/absent"), failsWith("resource_load_failed", /no such object/));
    await assert.rejects(reader.read("s3://mine/large"), failsWith("resource_load_failed", /larger/));
    await assert.rejects(reader.read("s3://other/x"), failsWith("resource_outside_source"));
  });
});

describe("http", async () => {
  const seen: string[] = [];
  const server = await served((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? "-"}`);
    answerTo(request, response);
  });
  const other = await served((_request, response) => void response.end("elsewhere"));
  after(() => [server, other].forEach((one) => one.close()));
  const open = (more: Record<string, Json> = {}) =>
    opened(http, { type: "http", baseUrl: `${server.url}/docs`, headers: { Authorization: "Bearer hunter22" }, ...more });

  function answerTo(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === "/docs/away") response.writeHead(302, { location: `${other.url}/docs/x` }).end();
    else if (request.url === "/docs/near") response.writeHead(302, { location: "a.md" }).end();
    else if (request.url === "/docs/loop") response.writeHead(302, { location: "/docs/loop" }).end();
    else if (request.url === "/docs/missing") response.writeHead(404).end();
    else if (request.url === "/docs/endless") endless(response);
    else if (request.url === "/docs/silent") response.flushHeaders();
    else response.end("hello");
  }

  it("pages below the address are read, with the source's headers", async () => {
    const { reader, events } = open();
    assert.equal(text(await reader.read(`${server.url}/docs/a.md?sig=hunter22`)), "hello");
    assert.equal(text(await reader.read(`${server.url}/docs/near`)), "hello");
    assert.ok(seen.includes("/docs/a.md?sig=hunter22 Bearer hunter22"));
    assert.ok(!JSON.stringify(events()).includes("hunter22"));
  });

  it("nothing above or beside the address is asked for, and its headers go nowhere else", async () => {
    const { reader } = open();
    for (const bad of [`${server.url}/other`, `${server.url}/docs/../other`, `${server.url}/docs-not`, `${other.url}/docs/x`]) {
      await assert.rejects(reader.read(bad), failsWith("resource_outside_source"));
    }
    await assert.rejects(reader.read(`${server.url}/docs/away`), failsWith("resource_outside_source"));
    await assert.rejects(reader.read("s3://b/k"), failsWith("resource_scheme_mismatch"));
  });

  it("a server that refuses, goes round in circles, never ends or never answers is given up by name", async () => {
    const { reader } = open();
    const read = (page: string) => reader.read(`${server.url}/docs/${page}`);
    await assert.rejects(read("missing"), failsWith("resource_load_failed", /404/));
    await assert.rejects(read("loop"), failsWith("resource_load_failed", /too often/));
    await assert.rejects(read("endless"), failsWith("resource_load_failed", /larger/));
    const slow = open({ timeout: 60 }).reader;
    await assert.rejects(slow.read(`${server.url}/docs/silent`), failsWith("resource_load_failed", /in time/));
    const away = open({ baseUrl: "http://127.0.0.1:1/" }).reader;
    await assert.rejects(away.read("http://127.0.0.1:1/x"), failsWith("resource_load_failed", /reached/));
  });
});

function endless(response: ServerResponse): void {
  const piece = Buffer.alloc(1_000_000);
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", more);
  more();
}

async function served(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, close: () => void (server.closeAllConnections(), server.close()) };
}
