import assert from "node:assert/strict";
import { it } from "node:test";

import type { Message, Session } from "../../src/contract.ts";
import type { Failure } from "../../src/failure.ts";
import custom from "../../src/stores/custom.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { message, session, storeContract } from "./store-contract.ts";

const MODULE = "file:///storage/mine.ts";

/** What a project might write: as little as the contract allows. */
class Least {
  readonly sessions = new Map<string, Session>();
  readonly messages = new Map<string, Message[]>();
  initialized: unknown;

  async initialize(config: Record<string, unknown>) {
    this.initialized = config;
  }
  async close() {}
  async saveSession(one: Session) {
    this.sessions.set(one.id, one);
  }
  async getSession(id: string) {
    return this.sessions.get(id); // undefined, where the contract says null
  }
  async listSessions() {
    return [...this.sessions.values()];
  }
  async deleteSession(id: string) {
    this.sessions.delete(id);
    this.messages.delete(id);
  }
  async saveMessages(id: string, messages: Message[]) {
    const all = new Map([...(this.messages.get(id) ?? []), ...messages].map((one) => [one.id, one]));
    this.messages.set(id, [...all.values()]);
  }
  async getMessages(id: string, options: { before?: string } = {}) {
    const all = this.messages.get(id) ?? [];
    const known = options.before === undefined || all.some((one) => one.id === options.before);
    return known ? all : []; // it does not page
  }
}

const opened = (exported: object, more: object = {}) =>
  custom({ provider: "custom", module: MODULE, ...more }, hostWith(), bundleWith({}, { [MODULE]: exported }));

storeContract("custom module", async () => {
  const store = await opened({ default: Least });
  return { store, close: () => store.close() };
});

it("a class, an object and the module itself may be the provider, which gets its configuration", async () => {
  const least = new Least();
  await opened({ default: least }, { config: { connectionString: "x" } });
  assert.deepEqual(least.initialized, { connectionString: "x" });
  await opened({ MyStorageProvider: Least, somethingElse: 42, helper: () => 1 });
  const functions = Object.getOwnPropertyNames(Least.prototype).filter((name) => name !== "constructor");
  await opened(Object.fromEntries(functions.map((name) => [name, async () => []])));
});

it("a module without a method of the contract is refused, and the method named", async () => {
  class Half extends Least {}
  Object.assign(Half.prototype, { getMessages: undefined, deleteSession: undefined });
  await assert.rejects(opened({ default: Half }), (error: Failure) => {
    assert.equal(error.code, "storage_method_missing");
    assert.match(error.message, /lacks deleteSession, getMessages$/);
    return true;
  });
  await assert.rejects(opened({}), (error: Failure) => error.code === "storage_method_missing");
  const absent = custom({ module: "file:///other.ts" }, hostWith(), bundleWith());
  await assert.rejects(absent, (error: Failure) => error.code === "storage_module_missing");
});

it("a call that takes too long is given up by name", async () => {
  class Slow extends Least {
    override getSession() {
      return new Promise<Session>(() => undefined);
    }
  }
  const store = await opened({ default: Slow }, { timeout: 30 });
  await assert.rejects(store.getSession("s"), (error: Failure) => error.code === "storage_timeout");
});

it("a provider's own search is used where it has one, and its own errors pass unchanged", async () => {
  const found = [{ sessionId: "s", score: 1, excerpt: "found by itself" }];
  class Searching extends Least {
    async searchMessages() {
      return found;
    }
    override async saveMessages() {
      throw new TypeError("its own trouble");
    }
  }
  const store = await opened({ default: Searching });
  assert.deepEqual(await store.searchMessages!({ text: "x" }), found);
  await assert.rejects(store.saveMessages("s", [message("1", "x")]), TypeError);
});

it("sessions of which a provider keeps only metadata are made complete", async () => {
  class Sparse extends Least {
    override async listSessions() {
      return [{ id: "a", lastActivity: 1 }, { id: "b", lastActivity: 2, title: "B" }] as Session[];
    }
  }
  const store = await opened({ default: Sparse });
  const plain = { agentId: "", createdAt: 0, messageCount: 0, metadata: {} };
  assert.deepEqual(await store.listSessions(), [
    { ...plain, id: "b", lastActivity: 2, title: "B" },
    { ...plain, id: "a", lastActivity: 1, title: null },
  ]);
  await store.saveSession(session("a"));
  assert.deepEqual(await store.getSession("a"), session("a"));
});
