// RemoteGraph: a served graph used as if it were local, alone and as a node of a local one.

import { Annotation, Command, END, START, StateGraph } from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { collected, ok, same } from "./session.mjs";

const BOTH = ["first", "second"];

export function remoteGraphChecks(url, client) {
  const remote = (graphId) => new RemoteGraph({ graphId, url, apiKey: null });
  const onThread = async () => ({ configurable: { thread_id: (await client.threads.create()).thread_id } });

  return {
    async "it answers with the final values"() {
      same(await remote("count").invoke({ n: 0 }), { n: 2, log: BOTH }, "values");
    },
    async "it streams updates, values and messages"() {
      const steps = await collected(await remote("count").stream({ n: 0 }, { streamMode: "updates" }));
      same(steps.map((step) => Object.keys(step)[0]), BOTH, "steps");
      const pairs = await collected(await remote("count").stream({ n: 0 }, { streamMode: ["values", "updates"] }));
      same(pairs.map(([mode]) => mode), ["values", "updates", "values", "updates", "values"], "modes");
      const question = { messages: [{ role: "user", content: "hello" }] };
      const chunks = await collected(await remote("agent").stream(question, { streamMode: "messages" }));
      same(chunks.map(([chunk]) => chunk.content).join(""), "you said hello", "tokens");
    },
    async "it streams what subgraphs do, by their place"() {
      const parts = await collected(await remote("nested").stream({ n: 0 }, { streamMode: "updates", subgraphs: true }));
      same(parts.map(([place]) => place.length), [1, 1, 0, 0], "places");
      ok(parts[0][0][0].startsWith("inner:"), `a place: ${parts[0][0]}`);
    },
    async "it reads and writes states"() {
      const config = await onThread();
      const graph = remote("count");
      await graph.invoke({ n: 5 }, config);
      const state = await graph.getState(config);
      same([state.values, state.next], [{ n: 7, log: BOTH }, []], "state");
      same(state.config.configurable.thread_id, config.configurable.thread_id, "config");
      const history = await collected(graph.getStateHistory(config));
      same(history.map(({ next }) => next), [[], ["second"], ["first"], ["__start__"]], "history");
      const earlier = await graph.getState(history[1].config);
      same(earlier.values, { n: 6, log: ["first"] }, "an earlier state");
      const written = await graph.updateState(config, { n: 9 }, "second");
      ok(written.configurable.checkpoint_id, "a checkpoint is named");
      same((await graph.getState(config)).values.n, 9, "the written value");
      const nodes = Object.keys((await graph.getGraphAsync()).nodes);
      ok(BOTH.every((name) => nodes.includes(name)), `nodes: ${nodes}`);
    },
    async "it stops at an interrupt and goes on with an answer"() {
      const config = await onThread();
      const graph = remote("ask");
      const stopped = await graph.invoke({ n: 0 }, config).catch((error) => error);
      ok(JSON.stringify(stopped.interrupts ?? stopped).includes("may it go on?"), `stopped: ${stopped}`);
      const state = await graph.getState(config);
      same(state.next, ["ask"], "what is next");
      same(state.tasks[0].interrupts[0].value, { question: "may it go on?" }, "the question");
      const final = await graph.invoke(new Command({ resume: "yes" }), config);
      same(final.log, ["first", "answered yes", "second"], "log");
    },
    async "what fails there fails here"() {
      const error = await remote("fail").invoke({ n: 0 }).then(() => null, (failure) => failure);
      ok(String(error).includes("the toy is broken"), `error: ${error}`);
    },
    async "it is a node of another graph"() {
      const State = Annotation.Root({ n: Annotation(), log: Annotation() });
      const graph = new StateGraph(State)
        .addNode("before", ({ n }) => ({ n: n + 100 }))
        .addNode("there", remote("count"))
        .addEdge(START, "before")
        .addEdge("before", "there")
        .addEdge("there", END)
        .compile();
      same(await graph.invoke({ n: 0 }), { n: 102, log: BOTH }, "values");
      const parts = await collected(await graph.stream({ n: 0 }, { streamMode: "updates", subgraphs: true }));
      const inside = parts.filter(([place]) => place.length > 0);
      same(inside.map(([, update]) => Object.keys(update)[0]), BOTH, "steps inside");
    },
  };
}
