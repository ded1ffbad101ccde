// Each endpoint by the call of the JavaScript SDK that a person would write. Prints {number: {call, requests, error}}.

import { randomUUID } from "node:crypto";
import { answer, collected, recordingClient, recordingFetch, until } from "./session.mjs";

const [url] = process.argv.slice(2);
const results = {};
const seen = [];
const client = recordingClient(url, seen);
const never = { gate: `never-${randomUUID()}` };

/** Call `client.<name>(...given)`, note what it requested, and give back what it gave: of streams, their parts. */
async function call(number, name, ...given) {
  const from = seen.length;
  const note = (error) => (results[number] = { call: name, requests: seen.slice(from), error });
  const [group, method] = name.split(".");
  try {
    const made = client[group][method](...given);
    const value = Symbol.asyncIterator in made ? await collected(made) : await made;
    note(null);
    return value;
  } catch (error) {
    note(String(error));
    return {};
  }
}

async function assistants() {
  const mine = await call(1, "assistants.create", { graphId: "count", name: "mine", metadata: { of: "js" } });
  await call(2, "assistants.get", mine.assistant_id);
  await call(3, "assistants.update", mine.assistant_id, { metadata: { of: "js", more: 1 } });
  await call(5, "assistants.search", { metadata: { of: "js" }, includePagination: true });
  await call(6, "assistants.count", { metadata: { of: "js" } });
  await call(7, "assistants.getGraph", "nested", { xray: true });
  await call(8, "assistants.getSchemas", mine.assistant_id);
  await call(9, "assistants.getSubgraphs", "nested", { recurse: true });
  await call(10, "assistants.getSubgraphs", "nested", { namespace: "inner" });
  await call(11, "assistants.getVersions", mine.assistant_id);
  await call(12, "assistants.setLatest", mine.assistant_id, 1);
  await call(4, "assistants.delete", mine.assistant_id, { deleteThreads: true });
}

async function threads() {
  const first = { values: { n: 1, log: ["first"] }, asNode: "first" };
  const made = await call(13, "threads.create", {
    metadata: { of: "js" },
    graphId: "count",
    ifExists: "raise",
    supersteps: [{ updates: [first] }],
    ttl: 60,
  });
  const id = made.thread_id;
  await call(14, "threads.get", id, { include: ["ttl"] });
  await call(15, "threads.update", id, { metadata: { more: 1 }, returnMinimal: true });
  await call(17, "threads.search", { metadata: { of: "js" }, sortBy: "created_at", select: ["thread_id"] });
  await call(18, "threads.count", { metadata: { of: "js" } });
  const copy = await call(19, "threads.copy", id);
  await call(20, "threads.prune", [copy.thread_id], { strategy: "keep_latest" });
  const state = await call(21, "threads.getState", id, null, { subgraphs: true });
  await call(22, "threads.getState", id, state.checkpoint?.checkpoint_id);
  await call(23, "threads.getState", id, state.checkpoint);
  await call(24, "threads.updateState", id, { values: { n: 5 }, asNode: "first" });
  await call(25, "threads.getHistory", id, { limit: 3 });
  await call(57, "threads.patchState", id, { patched: true });
  await call(16, "threads.delete", copy.thread_id);
}

/** A thread's stream ends only when its reader leaves: take what is there, then go. */
async function threadStream(id) {
  const from = seen.length;
  let error = null;
  try {
    const leaving = new AbortController();
    await collected(client.threads.joinStream(id, { lastEventId: "-1", signal: leaving.signal }), 2);
    leaving.abort();
  } catch (failure) {
    error = String(failure);
  }
  results[26] = { call: "threads.joinStream", requests: seen.slice(from), error };
}

async function runs() {
  const { thread_id: id } = await client.threads.create();
  const made = await call(27, "runs.create", id, "count", { input: { n: 1 }, metadata: { of: "js" } });
  await call(28, "runs.stream", id, "count", { input: { n: 1 }, streamMode: ["values", "updates"] });
  await call(29, "runs.wait", id, "count", { input: { n: 1 } });
  await threadStream(id);
  await call(30, "runs.list", id, { status: "success", select: ["run_id", "status"] });
  await call(31, "runs.get", id, made.run_id);
  await call(34, "runs.join", id, made.run_id);
  await call(35, "runs.joinStream", id, made.run_id, { lastEventId: "-1", streamMode: ["values"] });
  await call(32, "runs.delete", id, made.run_id);
  const waiting = await client.runs.create(id, "gate", { input: never });
  await call(33, "runs.cancel", id, waiting.run_id, true, "interrupt");
  const alone = await call(36, "runs.create", null, "count", { input: { n: 1 }, onCompletion: "keep" });
  await call(37, "runs.stream", null, "count", { input: { n: 1 } });
  await call(38, "runs.wait", null, "count", { input: { n: 1 } });
  await call(39, "runs.createBatch", [{ assistantId: "count", input: { n: 1 } }, { assistantId: "count" }]);
  await call(56, "runs.joinStream", null, alone.run_id);
  const late = await client.runs.create(id, "gate", { input: never });
  await call(40, "runs.cancelMany", { threadId: id, runIds: [late.run_id], action: "interrupt" });
}

async function crons() {
  const { thread_id: id } = await client.threads.create();
  const far = { schedule: "0 3 1 1 *", input: { n: 1 }, timezone: "Europe/Madrid", metadata: { of: "js" } };
  const made = await call(41, "crons.create", "count", { ...far, onRunCompleted: "keep" });
  await call(42, "crons.createForThread", id, "count", far);
  await call(43, "crons.update", made.cron_id, { enabled: false });
  await call(45, "crons.search", { assistantId: made.assistant_id, sortBy: "created_at", sortOrder: "asc" });
  await call(46, "crons.count", { metadata: { of: "js" } });
  await call(44, "crons.delete", made.cron_id);
}

async function store() {
  const place = ["js", "notes"];
  await call(47, "store.putItem", place, "one", { text: "a first note" }, { ttl: 60 });
  await call(48, "store.getItem", place, "one", { refreshTtl: true });
  await call(50, "store.searchItems", ["js"], { query: "note", filter: { text: "a first note" } });
  await call(51, "store.listNamespaces", { prefix: ["js"], maxDepth: 1 });
  await call(49, "store.deleteItem", place, "one");
}

/** Numbers 52 to 54: a run started by a command on a thread whose id the client made, its events over one transport. */
async function commanded(transport, number, request) {
  const from = seen.length;
  const opened = [];
  class Noted extends WebSocket {
    constructor(address) {
      super(address);
      opened.push(["GET", new URL(address).pathname, 101]);
    }
  }
  const stream = client.threads.stream(randomUUID(), {
    assistantId: "count",
    transport,
    maxReconnectAttempts: 0,
    fetch: recordingFetch(seen),
    webSocketFactory: (address) => new Noted(address),
  });
  let error = null;
  try {
    await stream.run.start({ input: { n: 1 } });
    const values = await stream.subscribe("values");
    let parts;
    void collected(values, 2).then((found) => (parts = found));
    await until(() => parts, "events");
  } catch (failure) {
    error = String(failure);
  }
  void stream.close().catch(() => {});
  results[number] = { call: request, requests: [...seen.slice(from), ...opened], error };
  return results[number];
}

await assistants();
await threads();
await runs();
await crons();
await store();
results[52] = { ...(await commanded("sse", 53, "threads.stream")), call: "threads.stream().run.start" };
results[53].call = "threads.stream().subscribe";
await commanded("websocket", 54, 'threads.stream({ transport: "websocket" })');
await (async () => {
  const from = seen.length;
  const told = (error) => (results[55] = { call: "LoadExternalComponent", requests: seen.slice(from), error });
  await client["~ui"].getComponent("draw", "weather").then(() => told(null), (error) => told(String(error)));
})();
answer(results);
