// What the chat frontend of the LangGraph project asks of a server: the same calls, in the same order, with its options.

import { Client } from "@langchain/langgraph-sdk";
import { useStream } from "@langchain/langgraph-sdk/react";
import { uiMessageReducer } from "@langchain/langgraph-sdk/react-ui";
import { human, mounted, texts } from "./react.mjs";
import { ok, same } from "./session.mjs";

const SENT = { streamMode: ["values"], streamSubgraphs: true, streamResumable: true };

export function chatUiChecks(url) {
  const headers = { "X-Auth-Scheme": "langsmith-api-key" };
  // The page keeps the thread's id in its address: the hook is told each new one.
  const session = async (assistantId, more = {}) => {
    const page = await mounted(useStream, {
      apiUrl: url,
      apiKey: "not-asked-for",
      defaultHeaders: headers,
      assistantId,
      threadId: null,
      onThreadId: (threadId) => page.change({ threadId }),
      fetchStateHistory: true,
      onCustomEvent: (event, { mutate }) =>
        mutate((before) => ({ ...before, ui: uiMessageReducer(before.ui ?? [], event) })),
      ...more,
    });
    return page;
  };
  const quiet = (it) => !it.isLoading && !it.isThreadLoading;

  return {
    async "it finds the server"() {
      const answer = await fetch(`${url}/info`, { headers: { "X-Api-Key": "not-asked-for" } });
      ok(answer.ok, `status ${answer.status}`);
    },
    async "a conversation is listed under its graph and under its assistant"() {
      let threadId;
      const page = await session("agent", {
        onThreadId: (id) => {
          threadId = id;
          page.change({ threadId });
        },
      });
      const message = { id: crypto.randomUUID(), type: "human", content: [{ type: "text", text: "hello" }] };
      page.read().submit(
        { messages: [message], context: undefined },
        { ...SENT, optimisticValues: (before) => ({ ...before, messages: [...(before.messages ?? []), message] }) },
      );
      await page.until((it) => texts(it.messages)[0] === "hello", "the message is shown at once");
      await page.until((it) => quiet(it) && texts(it.messages).at(-1) === "you said hello", "an answer");
      same(page.read().messages[0].id, message.id, "the message keeps its id");
      const client = new Client({ apiUrl: url, apiKey: "not-asked-for", defaultHeaders: headers });
      const byGraph = await client.threads.search({ metadata: { graph_id: "agent" }, limit: 100 });
      const listed = byGraph.find((thread) => thread.thread_id === threadId);
      ok(listed, "it is found by its graph");
      same(texts(listed.values.messages), ["hello", "you said hello"], "what the list shows");
      const byAssistant = { metadata: { assistant_id: listed.metadata.assistant_id }, limit: 100 };
      const found = await client.threads.search(byAssistant);
      ok(found.some((thread) => thread.thread_id === threadId), "it is found by its assistant");
      page.leave();
    },
    async "it opens an old conversation"() {
      const client = new Client({ apiUrl: url, apiKey: null });
      const { thread_id: threadId } = await client.threads.create();
      await client.runs.wait(threadId, "agent", { input: { messages: [human("before")] } });
      const page = await session("agent", { threadId });
      await page.until((it) => quiet(it) && it.messages.length === 2, "its messages");
      same(texts(page.read().messages), ["before", "you said before"], "messages");
      page.leave();
    },
    async "it answers a review with approve, reject and respond"() {
      const decisions = {
        approve: [{ type: "approve" }, "sent to ann"],
        reject: [{ type: "reject", message: "not now" }, "not now"],
        respond: [{ type: "respond", message: "ask her" }, "ask her"],
      };
      for (const [name, [decision, expected]] of Object.entries(decisions)) {
        const page = await session("agent");
        page.read().submit({ messages: [human("mail ann")] }, SENT);
        await page.until((it) => quiet(it) && it.interrupt?.value?.action_requests, `a review (${name})`);
        page.read().submit({}, { ...SENT, command: { resume: { decisions: [decision] } } });
        await page.until(
          (it) => quiet(it) && !it.interrupt && texts(it.messages).at(-1).includes(expected),
          `${name}: ${expected}`,
        );
        page.leave();
      }
    },
    async "it leaves a review behind"() {
      const page = await session("agent");
      page.read().submit({ messages: [human("mail ann")] }, SENT);
      await page.until((it) => quiet(it) && it.interrupt?.value?.action_requests, "a review");
      page.read().submit({}, { ...SENT, command: { goto: "__end__" } });
      await page.until((it) => quiet(it) && !it.interrupt, "no review is left");
      page.leave();
    },
    async "it shows what a graph draws"() {
      const page = await session("draw");
      page.read().submit({ messages: [human("weather")] }, SENT);
      await page.until((it) => quiet(it) && it.values.ui?.length === 1, "a drawing");
      const [drawn] = page.read().values.ui;
      same([drawn.name, drawn.props, drawn.metadata.message_id], ["weather", { degrees: 21 }, "look-1"], "drawing");
      page.leave();
    },
  };
}
