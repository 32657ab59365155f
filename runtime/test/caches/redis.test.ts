import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { it } from "node:test";

import redis from "../../src/caches/redis.ts";
import type { Failure } from "../../src/failure.ts";
import { addressOf, RedisClient } from "../../src/redis/client.ts";
import { encoded, ReplyReader } from "../../src/redis/protocol.ts";
import { hostWith } from "../hosts.ts";
import { randomFor } from "../random.ts";
import { turnsContract } from "../turns/turns-contract.ts";
import { cacheContract, until } from "./cache-contract.ts";

const url = process.env.TEST_REDIS_URL;
assert.ok(url, "TEST_REDIS_URL names the server");

const opened = (keyPrefix: string = crypto.randomUUID()) => redis({ type: "redis", url, keyPrefix }, hostWith());

cacheContract("redis", opened);
turnsContract("redis", async () => {
  const prefix = crypto.randomUUID();
  const [one, other] = [await opened(prefix), await opened(prefix)];
  const close = async () => void (await Promise.all([one.close(), other.close()]));
  return { one: one.coordination!, other: other.coordination!, close };
});

it("a wrong password, an unknown server and a wrong URL are said by name, without the password", async () => {
  const wrong = new URL(url);
  wrong.password = "hunter22";
  for (const [bad, code] of [
    [wrong.href, "storage_refused"],
    ["redis://:hunter22@127.0.0.1:1", "storage_unavailable"],
    ["http://:hunter22@127.0.0.1:1", "storage_unavailable"],
  ] as const) {
    await assert.rejects(redis({ url: bad }, hostWith()), (error: Failure) => {
      assert.equal(error.code, code);
      return !error.message.includes("hunter22");
    });
  }
});

it("after its connections were cut a client connects anew, and followers hear on", async () => {
  const road = await roadTo(new URL(url));
  const cache = await redis({ url: road.url, keyPrefix: crypto.randomUUID() }, hostWith());
  const turns = cache.coordination!;
  await turns.begin("s", "t", 60_000);
  const heard: unknown[] = [];
  const following = (async () => {
    for await (const event of turns.follow("s", "t", AbortSignal.timeout(20_000))) heard.push(event.n);
  })();
  await turns.publish("s", "t", { name: "llm:chunk", sessionId: "s", n: 1 });
  road.cut();
  await until(() => cache.set("k", "v").then(() => true, () => false));
  await turns.publish("s", "t", { name: "llm:chunk", sessionId: "s", n: 2 });
  await turns.end("s", "t");
  await following;
  assert.deepEqual(heard, [1, 2]);
  await cache.close();
  road.close();
});

/** A road to the server that can be cut. */
async function roadTo(server: URL) {
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(server.port), server.hostname);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  const by = new URL(server);
  by.port = String((proxy.address() as { port: number }).port);
  return { url: by.href, cut, close: () => void (cut(), proxy.close()) };
}

it("a server that ends the connection in the middle of a reply fails the command by name", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("data", () => socket.end("$100\r\nhalf"))));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const client = new RedisClient(addressOf({ host: "127.0.0.1", port }));
  await assert.rejects(client.call("GET", "x"), (error: Failure) => error.code === "storage_unavailable");
  await client.close();
  server.close();
});

it("replies are read alike however the network parts them", (t) => {
  const random = randomFor(t);
  const stream = Buffer.from("+OK\r\n:42\r\n$5\r\nhe\r\nl\r\n*3\r\n$-1\r\n*-1\r\n*1\r\n$6\r\nträ!\n\r\n-ERR no\r\n$0\r\n\r\n");
  const whole = new ReplyReader().push(stream);
  assert.equal(whole.length, 6);
  for (let round = 0; round < 300; round += 1) {
    const reader = new ReplyReader();
    const replies = [];
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random.below(9);
      replies.push(...reader.push(stream.subarray(at, at + size)));
      at += size;
    }
    assert.deepEqual(replies, whole);
  }
  assert.equal(Buffer.from(encoded(["SET", "k\r\n", 1])).toString(), "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$1\r\n1\r\n");
});
