// useStream of @langchain/langgraph-sdk/react (v1): submit, answer, branch, stop, and join again after a reload.

import { randomUUID } from "node:crypto";
import { useStream } from "@langchain/langgraph-sdk/react";
import { human, mounted, tab, texts } from "./react.mjs";
import { ok, same, until } from "./session.mjs";

export function useStreamChecks(url, client) {
  const chat = (more = {}, look) => mounted(useStream, { apiUrl: url, assistantId: "agent", ...more }, look);
  const quiet = ({ isLoading, isThreadLoading }) => !isLoading && !isThreadLoading;
  const said = async (page, input, options, expected) => {
    page.read().submit(input, options);
    await page.until((it) => quiet(it) && texts(it.messages).join("|") === expected.join("|"), `${expected}`);
  };

  return {
    async "submit streams an answer word by word"() {
      const made = [];
      const page = await chat({ onThreadId: (id) => made.push(id), onCreated: (run) => made.push(run.run_id) });
      const gate = randomUUID();
      page.read().submit({ messages: [human(`slowly ${gate}`)] });
      await page.until((it) => texts(it.messages).at(-1) === "one", "the first word");
      await client.runs.wait(null, "open", { input: { gate } });
      await page.until((it) => quiet(it) && texts(it.messages).at(-1) === "one two", "the last word");
      same(made.length, 2, "a thread and a run are told");
      same(page.read().error, undefined, "error");
      page.leave();
    },
    async "an interrupt is shown and answered"() {
      const page = await chat({ fetchStateHistory: true });
      page.read().submit({ messages: [human("mail ann")] });
      await page.until((it) => quiet(it) && it.interrupt, "an interrupt");
      const { action_requests: asked, review_configs: rules } = page.read().interrupt.value;
      same([asked[0].name, asked[0].args], ["send_mail", { to: "ann" }], "the action");
      ok(rules[0].allowed_decisions.includes("edit"), "its rules");
      const edited = { name: "send_mail", args: { to: "bob" } };
      const resume = { decisions: [{ type: "edit", edited_action: edited }] };
      page.read().submit(undefined, { command: { resume } });
      await page.until((it) => quiet(it) && texts(it.messages).at(-1)?.includes("sent to bob"), "the edited action");
      same(page.read().interrupt, undefined, "no interrupt is left");
      page.leave();
    },
    async "an edited message makes a branch, and the old one stays"() {
      const page = await chat({ fetchStateHistory: true });
      await said(page, { messages: [human("one")] }, {}, ["one", "you said one"]);
      const first = page.read().messages[0];
      const { parent_checkpoint: checkpoint } = page.read().getMessagesMetadata(first).firstSeenState;
      await said(page, { messages: [human("two")] }, { checkpoint }, ["two", "you said two"]);
      const meta = () => page.read().getMessagesMetadata(page.read().messages[0]);
      await page.until(() => meta().branchOptions?.length === 2, "two branches");
      const other = meta().branchOptions.find((branch) => branch !== meta().branch);
      page.read().setBranch(other);
      await page.until((it) => texts(it.messages).join("|") === "one|you said one", "the old branch");
      page.leave();
    },
    async "an answer is made again from the checkpoint before it"() {
      const page = await chat({ fetchStateHistory: true });
      await said(page, { messages: [human("again")] }, {}, ["again", "you said again"]);
      const before = page.read().messages[1].id;
      const { parent_checkpoint: checkpoint } = page.read().getMessagesMetadata(page.read().messages[1]).firstSeenState;
      page.read().submit(undefined, { checkpoint });
      await page.until((it) => quiet(it) && it.messages[1] && it.messages[1].id !== before, "another answer");
      same(texts(page.read().messages), ["again", "you said again"], "messages");
      page.leave();
    },
    async "a page that is loaded again joins its run"() {
      const gate = randomUUID();
      const { thread_id: threadId } = await client.threads.create();
      const options = { assistantId: "gate", threadId, reconnectOnMount: true };
      const page = await chat(options, (it) => it.values.log);
      page.read().submit({ gate });
      await page.until((it) => it.values.log?.length === 1, "the first step");
      page.leave();
      ok(tab.getItem(`lg:stream:${threadId}`), "the run is remembered");
      const again = await chat(options, (it) => it.values.log);
      await again.until((it) => it.isLoading && it.values.log?.length === 1, "the run is joined");
      await client.runs.wait(null, "open", { input: { gate } });
      await again.until((it) => quiet(it) && it.values.log?.length === 2, "the end");
      same(again.read().values.log, ["first", "passed"], "log");
      same(tab.getItem(`lg:stream:${threadId}`), null, "nothing is left to join");
      again.leave();
    },
    async "joinStream replays a run that has ended"() {
      const { thread_id: threadId } = await client.threads.create();
      const run = await client.runs.create(threadId, "count", { input: { n: 1 }, streamMode: ["values", "updates"] });
      await client.runs.join(threadId, run.run_id);
      const page = await chat({ assistantId: "count", threadId }, (it) => it.values.n);
      await page.read().joinStream(run.run_id);
      await page.until((it) => quiet(it) && it.values.n === 3, "the final value");
      ok([1, 2, 3].every((n) => page.snapshots.includes(n)), `every value: ${page.snapshots}`);
      page.leave();
    },
    async "stop ends the run"() {
      const { thread_id: threadId } = await client.threads.create();
      const page = await chat({ assistantId: "gate", threadId, reconnectOnMount: true });
      page.read().submit({ gate: `never-${randomUUID()}` });
      await page.until((it) => it.values.log?.length === 1, "the first step");
      await page.read().stop();
      await until(async () => (await client.runs.list(threadId))[0].status === "interrupted", "the run's end");
      page.leave();
    },
    async "a failure is told"() {
      const page = await chat({ assistantId: "fail" });
      page.read().submit({ n: 0 });
      await page.until((it) => !it.isLoading && it.error, "an error");
      ok(String(page.read().error).includes("the toy is broken"), `error: ${page.read().error}`);
      page.leave();
    },
  };
}
