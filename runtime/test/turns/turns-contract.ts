// What processes that share a store know of each other's turns.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { AgentEvent, Coordination } from "../../src/contract.ts";

export interface Shared {
  one: Coordination;
  other: Coordination;
  close(): Promise<void>;
}

const TTL_MS = 60_000;
const soon = () => AbortSignal.timeout(20_000);

export function turnsContract(name: string, open: () => Promise<Shared>): void {
  const tried = (sentence: string, body: (shared: Shared) => Promise<void>) =>
    it(sentence, async () => {
      const shared = await open();
      try {
        await body(shared);
      } finally {
        await shared.close();
      }
    });
  describe(`${name} turns`, () => {
    turnsAreHeldByOne(tried);
    eventsReachEveryone(tried);
    answersTravel(tried);
  });
}

type Tried = (sentence: string, body: (shared: Shared) => Promise<void>) => void;

function turnsAreHeldByOne(tried: Tried): void {
  tried("one turn holds a session, until it ends", async ({ one, other }) => {
    assert.equal(await one.begin("s", "t1", TTL_MS), true);
    assert.equal(await other.begin("s", "t2", TTL_MS), false);
    assert.equal(await other.begin("elsewhere", "t2", TTL_MS), true);
    assert.equal(await other.running("s"), "t1");
    await other.end("s", "t2"); // not its own
    assert.equal(await one.running("s"), "t1");
    await one.end("s", "t1");
    assert.equal(await other.running("s"), null);
    assert.equal(await other.begin("s", "t2", TTL_MS), true);
  });

  tried("of many that begin at once, one does", async ({ one, other }) => {
    const begun = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).begin("s", `t${n}`, TTL_MS)));
    assert.equal(begun.filter(Boolean).length, 1);
  });

  tried("a turn whose process died is over after its time, and another begins", async ({ one, other }) => {
    assert.equal(await one.begin("s", "t1", 300), true);
    await one.publish("s", "t1", chunk(1));
    const heard = await collected(other.follow("s", "t1", soon())); // ends when the time is over
    assert.deepEqual(heard, [1]);
    assert.equal(await other.running("s"), null);
    assert.equal(await one.renew("s", "t1", TTL_MS), false);
    assert.equal(await other.begin("s", "t2", TTL_MS), true);
    assert.equal(await one.renew("s", "t1", TTL_MS), false);
    await one.end("s", "t1"); // too late to take it from t2
    assert.equal(await other.running("s"), "t2");
  });

  tried("renewing keeps a turn beyond its first time", async ({ one, other }) => {
    await one.begin("s", "t1", 400);
    assert.equal(await one.renew("s", "t1", TTL_MS), true);
    const waiting = new AbortController();
    await other.stopped!("s", "t1", AbortSignal.any([waiting.signal, AbortSignal.timeout(600)]));
    assert.equal(await other.running("s"), "t1");
  });

  tried("a cancelled turn hears of it at once, and can no longer be renewed", async ({ one, other }) => {
    assert.equal(await other.cancel("s"), false);
    await one.begin("s", "t1", TTL_MS);
    const began = performance.now();
    const stopped = one.stopped!("s", "t1", soon());
    assert.equal(await other.cancel("s"), true);
    await stopped;
    assert.ok(performance.now() - began < 5_000);
    assert.equal(await one.renew("s", "t1", TTL_MS), false);
    assert.equal(await other.begin("s", "t2", TTL_MS), false); // it has yet to end
    await one.end("s", "t1");
    assert.equal(await other.begin("s", "t2", TTL_MS), true);
    assert.equal(await other.renew("s", "t2", TTL_MS), true); // the old cancellation is not the new turn's
  });
}

function eventsReachEveryone(tried: Tried): void {
  tried("whoever follows hears a turn from its start, in order, to its end", async ({ one, other }) => {
    await one.begin("s", "t", TTL_MS);
    const early = collected(other.follow("s", "t", soon()));
    for (let n = 0; n < 100; n += 1) await one.publish("s", "t", chunk(n));
    const middle = collected(other.follow("s", "t", soon()));
    const own = collected(one.follow("s", "t", soon()));
    await Promise.all(Array.from({ length: 1_200 }, (_, n) => one.publish("s", "t", chunk(100 + n))));
    await one.end("s", "t");
    const all = Array.from({ length: 1_300 }, (_, n) => n);
    assert.deepEqual(await early, all);
    assert.deepEqual(await middle, all);
    assert.deepEqual(await own, all);
    assert.deepEqual(await collected(other.follow("s", "t", soon())), all); // and after its end
  });

  tried("a turn's events are its own, and what never ran says nothing", async ({ one, other }) => {
    await one.begin("s", "t", TTL_MS);
    await one.publish("s", "t", { ...chunk(1), text: "quotes ' \" \\ \u0000 \ud800 🧵" });
    await one.end("s", "t");
    await one.begin("s", "t2", TTL_MS);
    assert.deepEqual(await collected(other.follow("s", "t", soon())), [1]);
    assert.deepEqual(await collected(other.follow("s", "never", soon())), []);
    const [event] = await Array.fromAsync(other.follow("s", "t", soon()));
    assert.equal(event!.text, "quotes ' \" \\ \u0000 \ud800 🧵");
  });

  tried("a follower who leaves stops waiting", async ({ one, other }) => {
    await one.begin("s", "t", TTL_MS);
    const leaving = new AbortController();
    const heard = collected(other.follow("s", "t", leaving.signal), () => leaving.abort());
    await one.publish("s", "t", chunk(1));
    assert.deepEqual(await heard, [1]);
  });

  tried("an event arrives while the turn goes on, sooner than polling would bring it", async ({ one, other }) => {
    await one.begin("s", "t", TTL_MS);
    const events = other.follow("s", "t", soon())[Symbol.asyncIterator]();
    await one.publish("s", "t", chunk(0));
    await events.next();
    const delays: number[] = [];
    for (let n = 1; n <= 20; n += 1) {
      const next = events.next();
      const began = performance.now();
      await one.publish("s", "t", chunk(n));
      await next;
      delays.push(performance.now() - began);
    }
    assert.ok(delays.toSorted((a, b) => a - b)[10]! < 200, `median of ${delays.map(Math.round).join(" ")} ms`);
    await events.return?.();
  });
}

function answersTravel(tried: Tried): void {
  tried("an answer reaches who waits for it, or who asks later, and the first one counts", async ({ one, other }) => {
    const waiting = one.awaitAnswer("a1", soon());
    await other.answer("a1", { status: "approved", formData: { n: 1 } });
    await other.answer("a1", { status: "denied" });
    assert.deepEqual(await waiting, { status: "approved", formData: { n: 1 } });
    assert.deepEqual(await one.awaitAnswer("a1", soon()), { status: "approved", formData: { n: 1 } });
  });

  tried("who no longer wants an answer is let go, with the reason", async ({ one }) => {
    const leaving = new AbortController();
    const waiting = one.awaitAnswer("never", leaving.signal);
    leaving.abort(new Error("timed out"));
    await assert.rejects(waiting, /timed out/);
  });
}

function chunk(n: number): AgentEvent {
  return { name: "llm:chunk", sessionId: "s", n };
}

async function collected(events: AsyncIterable<AgentEvent>, each: () => void = () => undefined): Promise<unknown[]> {
  const heard: unknown[] = [];
  for await (const event of events) {
    heard.push(event.n);
    each();
  }
  return heard;
}
