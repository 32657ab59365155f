// What every store keeps, tried at its interface. Each implementation runs it on its real engine.

import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";

import type { Message, Part, Session, Store } from "../../src/contract.ts";
import { randomFor, type Random } from "../random.ts";

/** Opens an empty store. `reopen` gives another one over the same data: another process, or the next start. */
export interface Opened {
  store: Store;
  reopen?: () => Promise<Store>;
  close(): Promise<void>;
}

export interface Abilities {
  /** A message of several megabytes is kept, or refused by name. */
  largeMessages?: boolean;
}

export function storeContract(name: string, open: () => Promise<Opened>, abilities: Abilities = {}): void {
  const tried = (sentence: string, body: (opened: Opened, t: TestContext) => Promise<void>) =>
    it(sentence, async (t) => {
      const opened = await open();
      try {
        await body(opened, t);
      } finally {
        await opened.close();
      }
    });
  describe(name, () => {
    sessionsAreKept(tried);
    messagesAreKept(tried, abilities);
    historiesAreLikeTheModel(tried);
    searchFinds(tried);
    othersSeeTheSame(tried);
  });
}

type Tried = (sentence: string, body: (opened: Opened, t: TestContext) => Promise<void>) => void;

function sessionsAreKept(tried: Tried): void {
  tried("a session comes back as it was saved, and the last saved counts", async ({ store }) => {
    await store.saveSession(session("one", { title: "Tea & 'biscuits' \u0000 \ud83e\uded6", metadata: { a: [1, null, "x"] } }));
    assert.deepEqual(
      await store.getSession("one"),
      session("one", { title: "Tea & 'biscuits' \u0000 \ud83e\uded6", metadata: { a: [1, null, "x"] } }),
    );
    await store.saveSession(session("one", { title: null, messageCount: 7 }));
    assert.deepEqual(await store.getSession("one"), session("one", { title: null, messageCount: 7 }));
    assert.equal((await store.listSessions()).length, 1);
  });

  tried("a session that was never saved is null, and has no messages", async ({ store }) => {
    assert.equal(await store.getSession("nobody"), null);
    assert.deepEqual(await store.getMessages("nobody"), []);
    await store.deleteSession("nobody");
  });

  tried("sessions are listed with the latest activity first", async ({ store }) => {
    for (const [id, lastActivity] of [["a", 2], ["b", 9], ["c", 5]] as const) {
      await store.saveSession(session(id, { lastActivity }));
    }
    await store.saveSession(session("a", { lastActivity: 7 }));
    assert.deepEqual((await store.listSessions()).map((one) => one.id), ["b", "a", "c"]);
  });

  tried("a deleted session takes its messages along, and no other's", async ({ store }) => {
    await store.saveSession(session("gone"));
    await store.saveSession(session("kept"));
    await store.saveMessages("gone", [message("m", "walnut")]);
    await store.saveMessages("kept", [message("m", "walnut")]);
    await store.deleteSession("gone");
    assert.equal(await store.getSession("gone"), null);
    assert.deepEqual(await store.getMessages("gone"), []);
    assert.deepEqual((await store.getMessages("kept")).map((one) => one.id), ["m"]);
    const found = await store.searchMessages!({ text: "walnut" });
    assert.deepEqual(found.map((one) => one.sessionId), ["kept"]);
  });
}

function messagesAreKept(tried: Tried, abilities: Abilities): void {
  tried("messages come back whole and in the order in which they were saved", async ({ store }) => {
    const saved: Message[] = [
      message("z", "first", { timestamp: 9 }),
      { ...message("y", "", { role: "assistant" }), toolCalls: [{ id: "c", name: "t", args: { deep: [{ x: "\u0000'\"\\" }] } }] },
      { ...message("x", "done", { role: "tool", timestamp: 1 }), toolCallId: "c" },
      message("w", "\ud800 alone, \u2028 and 🧵", { timestamp: 3 }),
    ];
    await store.saveSession(session("s"));
    await store.saveMessages("s", saved.slice(0, 2));
    await store.saveMessages("s", saved.slice(2));
    assert.deepEqual(await store.getMessages("s"), saved);
  });

  tried("a known id is replaced in its place, also within one call", async ({ store }) => {
    await store.saveSession(session("s"));
    await store.saveMessages("s", [message("a", "1"), message("b", "2"), message("c", "3")]);
    await store.saveMessages("s", [message("d", "4"), message("b", "walnut"), message("d", "5")]);
    assert.deepEqual(
      (await store.getMessages("s")).map((one) => [one.id, textIn(one)]),
      [["a", "1"], ["b", "walnut"], ["c", "3"], ["d", "5"]],
    );
    assert.equal((await store.searchMessages!({ text: "2" })).length, 0);
    assert.equal((await store.searchMessages!({ text: "walnut" })).length, 1);
  });

  tried("a page holds the newest before a message, oldest first", async ({ store }) => {
    await store.saveSession(session("s"));
    await store.saveMessages("s", Array.from({ length: 10 }, (_, n) => message(`m${n}`, String(n))));
    const ids = async (options: object) => (await store.getMessages("s", options)).map((one) => one.id);
    assert.deepEqual(await ids({ limit: 3 }), ["m7", "m8", "m9"]);
    assert.deepEqual(await ids({ limit: 2, before: "m7" }), ["m5", "m6"]);
    assert.deepEqual(await ids({ before: "m2" }), ["m0", "m1"]);
    assert.deepEqual(await ids({ before: "m0", limit: 5 }), []);
    assert.deepEqual(await ids({ before: "unknown" }), []);
    assert.deepEqual(await ids({ limit: 0 }), []);
  });

  tried("cleared messages leave the session", async ({ store }) => {
    await store.saveSession(session("s"));
    await store.saveMessages("s", [message("a", "walnut")]);
    await store.clearMessages!("s");
    assert.deepEqual(await store.getMessages("s"), []);
    assert.deepEqual(await store.getSession("s"), session("s"));
    assert.deepEqual(await store.searchMessages!({ text: "walnut" }), []);
    await store.saveMessages("s", [message("a", "again")]);
    assert.deepEqual((await store.getMessages("s")).map(textIn), ["again"]);
  });

  if (abilities.largeMessages !== false) {
    tried("a message of several megabytes is kept whole, and replaced by a small one", async ({ store }) => {
      const large = `walnut ${"äöü€ ".repeat(700_000)} end`;
      await store.saveSession(session("s"));
      await store.saveMessages("s", [message("a", "1"), message("big", large), message("c", "3")]);
      assert.equal(textIn((await store.getMessages("s"))[1]!), large);
      assert.equal((await store.searchMessages!({ text: "walnut" })).length, 1);
      await store.saveMessages("s", [message("big", "small")]);
      assert.deepEqual((await store.getMessages("s")).map(textIn), ["1", "small", "3"]);
    });
  }
}

function historiesAreLikeTheModel(tried: Tried): void {
  tried("random histories read like a list in memory", async ({ store }, t) => {
    const random = randomFor(t);
    const model = new Map<string, Message[]>();
    const ids = ["s", "t/../x", "ü-1", "'; drop table messages; --"];
    for (const id of ids) await store.saveSession(session(id));
    for (let step = 0; step < 80; step += 1) {
      const id = random.pick(ids);
      await oneStep(store, model, id, random, step);
      const options = { limit: random.below(12), ...(random.chance(0.5) ? { before: `m${random.below(30)}` } : {}) };
      assert.deepEqual(await store.getMessages(id, options), pageOfModel(model.get(id) ?? [], options), `step ${step}`);
    }
    for (const id of ids) assert.deepEqual(await store.getMessages(id), model.get(id) ?? []);
  });
}

async function oneStep(store: Store, model: Map<string, Message[]>, id: string, random: Random, step: number) {
  if (random.chance(0.06)) {
    await store.clearMessages!(id);
    model.set(id, []);
    return;
  }
  const batch = Array.from({ length: random.below(6) }, () => message(`m${random.below(30)}`, `step ${step} ${random.below(99)}`));
  await store.saveMessages(id, batch);
  const kept = [...(model.get(id) ?? [])];
  for (const one of batch) {
    const at = kept.findIndex((known) => known.id === one.id);
    if (at >= 0) kept[at] = one;
    else kept.push(one);
  }
  model.set(id, kept);
}

function pageOfModel(messages: Message[], options: { limit: number; before?: string }): Message[] {
  const end = options.before === undefined ? messages.length : messages.findIndex((one) => one.id === options.before);
  return end < 0 || options.limit === 0 ? [] : messages.slice(0, end).slice(-options.limit);
}

function searchFinds(tried: Tried): void {
  const filled = async (store: Store) => {
    await store.saveSession(session("tea", { title: "About brewing tea", lastActivity: 1 }));
    await store.saveSession(session("sea", { title: "Boats", lastActivity: 2 }));
    await store.saveMessages("tea", [
      message("1", "How long does Sencha steep? My e-mail is ann@example.org, order no. 4711-B.", { timestamp: 1 }),
      message("2", "Two minutes at 70 °C. Café crème is another matter.", { role: "assistant", timestamp: 2 }),
      message("3", "東京のお茶はどこで買えますか", { timestamp: 3 }),
    ]);
    await store.saveMessages("sea", [message("1", "Steep cliffs, steep waves; 'quotes' \"and\" AND OR NOT * ^ : ( )", { timestamp: 4 })]);
  };
  const found = async (store: Store, text: string, more: object = {}) =>
    (await store.searchMessages!({ text, ...more })).map((one) => `${one.sessionId}/${one.message!.id}`).sort();

  tried("search finds the beginnings of words, all of them, in any case, accents left aside", async ({ store }) => {
    await filled(store);
    assert.deepEqual(await found(store, "steep"), ["sea/1", "tea/1"]);
    assert.deepEqual(await found(store, "STE sench"), ["tea/1"]);
    assert.deepEqual(await found(store, "cafe creme"), ["tea/2"]);
    assert.deepEqual(await found(store, "eep"), []);
    assert.deepEqual(await found(store, "steep unheard"), []);
    assert.deepEqual(await found(store, "ann@example.org"), ["tea/1"]);
    assert.deepEqual(await found(store, "4711-b"), ["tea/1"]);
    assert.deepEqual(await found(store, "お茶"), ["tea/3"]);
  });

  tried("search takes any text for words, never for a program", async ({ store }) => {
    await filled(store);
    for (const text of ["", "   ", "*", '"', "'; drop table messages; --", "a & b | !c <-> d:*", "NEAR(", "\u0000", "%_\\"]) {
      await store.searchMessages!({ text });
      await store.searchSessions!({ text });
    }
    assert.deepEqual(await found(store, '"and" OR (not'), ["sea/1"]);
  });

  tried("search narrows by session and role, and pages through its results", async ({ store }) => {
    await filled(store);
    assert.deepEqual(await found(store, "steep", { sessionId: "sea" }), ["sea/1"]);
    assert.deepEqual(await found(store, "m", { role: "assistant" }), ["tea/2"]);
    const pages = [await found(store, "steep", { limit: 1 }), await found(store, "steep", { limit: 1, offset: 1 })];
    assert.deepEqual(pages.flat().sort(), ["sea/1", "tea/1"]);
    assert.deepEqual(await found(store, "steep", { limit: 0 }), []);
  });

  tried("a result shows the place, and better ones come first", async ({ store }) => {
    await filled(store);
    const results = await store.searchMessages!({ text: "sencha" });
    assert.match(results[0]!.excerpt, /Sencha steep/);
    const scores = (await store.searchMessages!({ text: "steep" })).map((one) => one.score);
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
  });

  tried("sessions are found by title and by what was said, each once", async ({ store }) => {
    await filled(store);
    const ids = async (text: string, more: object = {}) =>
      (await store.searchSessions!({ text, ...more })).map((one) => one.sessionId).sort();
    assert.deepEqual(await ids("brew"), ["tea"]);
    assert.deepEqual(await ids("steep"), ["sea", "tea"]);
    assert.deepEqual(await ids("m", { role: "assistant" }), ["tea"]);
    assert.deepEqual(await ids("brew", { sessionId: "sea" }), []);
    await store.saveSession(session("tea", { title: "Renamed" }));
    assert.deepEqual(await ids("brew"), []);
    assert.deepEqual(await ids("renamed"), ["tea"]);
  });
}

function othersSeeTheSame(tried: Tried): void {
  tried("another one over the same data sees everything, and both append at once", async ({ store, reopen }, t) => {
    if (reopen === undefined) return t.skip("its data is its own");
    const other = await reopen();
    await store.saveSession(session("s"));
    const writers = [store, other, store, other].map(async (writer, number) => {
      for (let turn = 0; turn < 15; turn += 1) await writer.saveMessages("s", pair(number, turn));
    });
    await Promise.all(writers);
    const read = await other.getMessages("s");
    assert.equal(read.length, 120);
    assert.deepEqual(await store.getMessages("s"), read);
    for (let number = 0; number < 4; number += 1) {
      const own = read.filter((one) => one.id.startsWith(`${number}-`)).map((one) => one.id);
      assert.deepEqual(own, Array.from({ length: 15 }, (_, turn) => pair(number, turn)).flat().map((one) => one.id));
    }
    for (let at = 0; at < read.length; at += 2) assert.equal(`${read[at]!.id}'`, read[at + 1]!.id);
    await other.close();
  });
}

function pair(writer: number, turn: number): Message[] {
  return [message(`${writer}-${turn}`, "question"), message(`${writer}-${turn}'`, "answer", { role: "assistant" })];
}

export function session(id: string, more: Partial<Session> = {}): Session {
  return { id, agentId: "agent", createdAt: 1, lastActivity: 1, messageCount: 0, title: null, metadata: {}, ...more };
}

export function message(id: string, text: string, more: Partial<Message> = {}): Message {
  return { id, role: "user", timestamp: 1, content: [{ type: "text", text }], ...more };
}

function textIn(one: Message): string {
  return one.content.map((part: Part) => ("text" in part ? part.text : "")).join("");
}
