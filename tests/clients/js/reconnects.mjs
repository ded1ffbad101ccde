// Connections that break at random places: each client still gets each event once and in order (guarantee G8).
// The cuts are drawn from a seed that a failure tells.

import { randomUUID } from "node:crypto";
import { Client } from "@langchain/langgraph-sdk";
import { same } from "./session.mjs";

const EVENTS = 200;
const CLIENTS = 34;
const CUTS = 3;

/** Numbers in [0, 1) from a seed (mulberry32). */
function draws(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** `fetch` whose first streams break, as a lost network does, after so many bytes of each. */
function breaking(places, broken) {
  return async (input, init) => {
    const response = await fetch(input, init);
    const place = response.headers.get("content-type")?.startsWith("text/event-stream") ? places.shift() : undefined;
    if (place === undefined) return response;
    let left = place;
    const cut = new TransformStream({
      transform(chunk, controller) {
        if (chunk.length <= left) {
          left -= chunk.length;
          controller.enqueue(chunk);
          return;
        }
        controller.enqueue(chunk.slice(0, left));
        broken.count += 1;
        controller.error(new TypeError("network error"));
      },
    });
    return new Response(response.body.pipeThrough(cut), { status: response.status, headers: response.headers });
  };
}

const expected = Array.from({ length: EVENTS }, (_, number) => number);

export function reconnectChecks(url) {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const draw = draws(seed);
  /** What one client that is cut sees, by `watch(client)`; every stream is longer than the last cut. */
  const all = async (watch) => {
    const broken = { count: 0 };
    const seen = await Promise.all(
      Array.from({ length: CLIENTS }, () => {
        const places = Array.from({ length: CUTS }, () => Math.floor(draw() * 2500));
        const callerOptions = { maxRetries: 0, fetch: breaking(places, broken) };
        return watch(new Client({ apiUrl: url, apiKey: null, callerOptions }), callerOptions.fetch);
      }),
    );
    for (const numbers of seen) same(numbers, expected, `seed ${seed}`);
    same(broken.count, CLIENTS * CUTS, `broken connections, seed ${seed}`);
  };

  return {
    async "v1: streams, and joins of a run that has ended"() {
      const plain = new Client({ apiUrl: url, apiKey: null });
      const { thread_id: threadId } = await plain.threads.create();
      const made = { input: { events: EVENTS }, streamMode: "custom" };
      const { run_id: runId } = await plain.runs.create(threadId, "tell", made);
      await plain.runs.join(threadId, runId);
      let turn = 0;
      await all(async (client) => {
        turn += 1;
        const fresh = turn % 4 === 0;
        const stream = fresh ? client.runs.stream(null, "tell", made) : client.runs.joinStream(threadId, runId);
        const numbers = [];
        for await (const part of stream) if (part.event === "custom") numbers.push(part.data.number);
        return numbers;
      });
    },
    async "v2: subscriptions of a thread"() {
      const plain = new Client({ apiUrl: url, apiKey: null });
      const threadId = randomUUID();
      const first = plain.threads.stream(threadId, { assistantId: "tell" });
      const { run_id: runId } = await first.run.start({ input: { events: EVENTS } });
      await plain.runs.join(threadId, runId);
      await first.close();
      await all(async (client, fetch) => {
        const thread = client.threads.stream(threadId, { assistantId: "tell", fetch, reconnectDelayMs: () => 0 });
        const numbers = [];
        for await (const event of await thread.subscribe(["custom"])) {
          numbers.push(event.params.data.payload?.number ?? event.params.data.number);
          if (numbers.length === EVENTS) break;
        }
        await thread.close();
        return numbers;
      });
    },
  };
}
