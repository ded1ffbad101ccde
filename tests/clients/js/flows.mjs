// All flows in one process; prints {flow: {check: "ok" or what went wrong}}.

import { answer, checked, recordingClient } from "./session.mjs";
import { chatUiChecks } from "./chat_ui.mjs";
import { reconnectChecks } from "./reconnects.mjs";
import { remoteGraphChecks } from "./remote_graph.mjs";
import { threadStreamChecks } from "./thread_stream.mjs";
import { useStreamChecks } from "./use_stream.mjs";

const [url, only] = process.argv.slice(2);
const client = recordingClient(url, []);
const flows = {
  "RemoteGraph": remoteGraphChecks(url, client),
  "useStream v1": useStreamChecks(url, client),
  "chat frontend": chatUiChecks(url),
  "thread stream v2": threadStreamChecks(url, client),
  "broken connections": reconnectChecks(url),
};
const entries = Object.entries(flows).filter(([flow]) => !only || flow.includes(only)).map(async ([flow, checks]) => [flow, await checked(checks)]);
answer(Object.fromEntries(await Promise.all(entries)));
