// One server, one client of it, and a record of every request that was sent: what the other scripts start from.

import { Client } from "@langchain/langgraph-sdk";

/** `fetch` that notes each request in `seen` as [method, path, status]. */
export function recordingFetch(seen) {
  return async (input, init) => {
    const response = await fetch(input, init);
    const address = new URL(typeof input === "string" ? input : (input.url ?? input));
    seen.push([init?.method ?? "GET", address.pathname + address.search, response.status]);
    return response;
  };
}

/** A client that notes its requests. */
export function recordingClient(apiUrl, seen) {
  return new Client({ apiUrl, apiKey: null, callerOptions: { maxRetries: 0, fetch: recordingFetch(seen) } });
}

/** All waits of a process end together: timing decides nothing, and what never comes is still told. */
const END = performance.timeOrigin + 100_000;

/** Wait until `condition()` is true (or what it returns is), looking again after each turn. */
export async function until(condition, what) {
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > END) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The parts of a stream, all of them or the first `most`. */
export async function collected(stream, most = Infinity) {
  const parts = [];
  for await (const part of stream) {
    parts.push(part);
    if (parts.length >= most) break;
  }
  return parts;
}

export function same(found, expected, what) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: ${left} is not ${right}`);
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

/** Run checks by name, one after the other; the answer names what failed and how. */
export async function checked(checks) {
  const results = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      results[name] = "ok";
    } catch (error) {
      results[name] = error?.stack ?? String(error);
    }
  }
  return results;
}

/** Print the answer as JSON and end, whatever connections are still open. */
export function answer(value) {
  process.stdout.write(JSON.stringify(value), () => process.exit(0));
}
