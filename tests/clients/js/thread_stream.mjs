// The thread-centric protocol (v2): the SDK's own thread stream over both transports, and useStream of @langchain/react.

import { randomUUID } from "node:crypto";
import { useStream } from "@langchain/react";
import { human, mounted, texts } from "./react.mjs";
import { collected, ok, same, until } from "./session.mjs";

const ALL = ["values", "updates", "messages", "tools", "lifecycle", "checkpoints", "tasks", "custom", "input"];

const ended = ({ method, params }) =>
  method === "lifecycle" && params.namespace.length === 0 && ["completed", "failed"].includes(params.data.event);

export function threadStreamChecks(url, client) {
  const checks = {};
  for (const transport of ["sse", "websocket"]) {
    const opened = (assistantId) => client.threads.stream(randomUUID(), { assistantId, transport });

    checks[`${transport}: a run is started first and watched after, from its first event`] = async () => {
      const thread = opened("count");
      const seen = [];
      thread.onEvent((event) => seen.push(event)); // of all its connections: none waits for another
      const { run_id: runId } = await thread.run.start({ input: { n: 1 } });
      await client.runs.join(thread.threadId, runId);
      await thread.subscribe(ALL);
      const values = () =>
        seen
          .filter(({ method }) => method === "values")
          .sort((one, other) => one.seq - other.seq)
          .map(({ params }) => params.data.n);
      await until(() => seen.some(ended) && values().length >= 3, "the whole run");
      same(values(), [1, 2, 3], "values");
      same(new Set(seen.map((event) => event.event_id)).size, seen.length, "event ids");
      await thread.close();
    };
    checks[`${transport}: messages come as deltas, tools as calls`] = async () => {
      const thread = opened("agent");
      await thread.run.start({ input: { messages: [human("hello there")] } });
      for await (const message of thread.messages) {
        const pieces = await collected(message.text);
        same(pieces.join(""), "you said hello there", "text");
        break;
      }
      await thread.close();
    };
    checks[`${transport}: an interrupt is answered by its id`] = async () => {
      const thread = opened("agent");
      const seen = [];
      thread.onEvent((event) => seen.push(event));
      await thread.run.start({ input: { messages: [human("mail ann")] } });
      await thread.subscribe(ALL);
      const asked = await until(() => seen.find(({ method }) => method === "input.requested"), "a question");
      const { interrupt_id: interruptId, payload } = asked.params.data;
      same(payload.action_requests[0].args, { to: "ann" }, "what is asked");
      const response = { decisions: [{ type: "approve" }] };
      await thread.input.respond({ namespace: asked.params.namespace, interrupt_id: interruptId, response });
      await until(() => seen.some(ended), "the end");
      const tools = seen.filter(({ method }) => method === "tools").map(({ params }) => params.data.event);
      ok(tools.includes("tool-started") && tools.includes("tool-finished"), `tools: ${tools}`);
      const { values } = await client.threads.getState(thread.threadId);
      same(texts(values.messages).at(-1), "done sent to ann", "the last message");
      await thread.close();
    };
    checks[`${transport}: after an answer a new subscription tells what follows, and other clients hear of it`] = async () => {
      const [thread, other] = [opened("agent"), []];
      await thread.run.start({ input: { messages: [human("mail ann")] } });
      await thread.output; // ends with the question, and the SDK keeps it so
      const beside = client.threads.stream(thread.threadId, { assistantId: "agent", transport });
      beside.onEvent(({ method, params }) => method === "input.answered" && other.push(...params.data.interrupt_ids));
      await beside.subscribe(["input"]);
      const [{ interruptId, namespace }] = thread.interrupts;
      const response = { decisions: [{ type: "approve" }] };
      await thread.input.respond({ namespace, interrupt_id: interruptId, response });
      const told = await collected(await thread.subscribe(["values"]));
      same(texts(told.at(-1).params.data.messages).at(-1), "done sent to ann", "the last message");
      same(await until(() => other.length && other, "the answer"), [interruptId], "what was answered");
      await thread.close();
      await beside.close();
    };
    checks[`${transport}: the state is read, its checkpoints are listed, and one is forked`] = async () => {
      const thread = opened("count");
      const { run_id: runId } = await thread.run.start({ input: { n: 1 } });
      await client.runs.join(thread.threadId, runId);
      const state = await thread.state.get({ namespace: [] });
      same(state.values.n, 3, "state");
      const { checkpoints } = await thread.state.listCheckpoints({ namespace: [] });
      ok(checkpoints.length >= 3, `checkpoints: ${checkpoints.length}`);
      const fork = await thread.state.fork({ checkpoint_id: checkpoints[1].id });
      same(await client.runs.join(fork.thread_id, fork.run_id), { n: 3, log: ["first", "second"] }, "the fork's end");
      same((await thread.agent.getTree()).tree.namespace, [], "the tree's root");
      await thread.close();
    };
  }

  const chat = (more = {}) =>
    mounted(useStream, { apiUrl: url, apiKey: null, assistantId: "agent", threadId: null, ...more });
  const quiet = (it) => !it.isLoading && !it.isThreadLoading;
  return {
    ...checks,
    async "react: submit mints a thread, and the answer comes word by word"() {
      const made = [];
      const gate = randomUUID();
      const page = await chat({ onThreadId: (id) => made.push(id), onCreated: (run) => made.push(run) });
      page.read().submit({ messages: [human(`slowly ${gate}`)] });
      await page.until((it) => texts(it.messages).at(-1) === "one", "the first word");
      await client.runs.wait(null, "open", { input: { gate } });
      await page.until((it) => quiet(it) && texts(it.messages).at(-1) === "one two", "the last word");
      same(made.length, 2, `a thread and a run: ${made}`);
      same((await client.threads.get(made[0])).status, "idle", "the thread");
      page.leave();
    },
    async "react: an interrupt is shown, answered, and its tool call told"() {
      const page = await chat();
      page.read().submit({ messages: [human("mail ann")] });
      await page.until((it) => it.interrupt, "an interrupt");
      await page.read().respond({ decisions: [{ type: "approve" }] });
      await page.until((it) => quiet(it) && texts(it.messages).at(-1) === "done sent to ann", "the answer");
      // Its two streams may bring the question twice; what waits is read from the state once the run has ended.
      await page.until((it) => it.interrupts.length === 0, "no interrupt is left");
      const [call] = page.read().toolCalls;
      same([call.name, call.args], ["send_mail", { to: "ann" }], "the tool call");
      page.leave();
    },
    async "react: a page loaded again shows the conversation and goes on with a run"() {
      const gate = randomUUID();
      let threadId;
      const page = await chat({ onThreadId: (id) => (threadId = id) });
      page.read().submit({ messages: [human(`slowly ${gate}`)] });
      await page.until((it) => texts(it.messages).at(-1) === "one", "the first word");
      page.leave();
      const again = await chat({ threadId });
      await again.until((it) => texts(it.messages)[0] === `slowly ${gate}`, "the question");
      await client.runs.wait(null, "open", { input: { gate } });
      await again.until((it) => quiet(it) && texts(it.messages).at(-1) === "one two", "the end");
      same(again.read().messages.length, 2, "no message twice");
      again.leave();
    },
    async "react: a fork answers an edited question"() {
      const page = await chat();
      page.read().submit({ messages: [human("one")] });
      await page.until((it) => quiet(it) && texts(it.messages).at(-1) === "you said one", "an answer");
      const history = await client.threads.getHistory(page.read().threadId);
      const forkFrom = history.at(-1).checkpoint.checkpoint_id;
      page.read().submit({ messages: [human("two")] }, { forkFrom });
      await page.until((it) => quiet(it) && texts(it.messages).join("|") === "two|you said two", "the other answer");
      page.leave();
    },
    async "react: a failure is told"() {
      const page = await chat({ assistantId: "fail" });
      page.read().submit({ n: 0 });
      await page.until((it) => !it.isLoading && it.error, "an error");
      ok(String(page.read().error).includes("the toy is broken"), `error: ${page.read().error}`);
      page.leave();
    },
  };
}
