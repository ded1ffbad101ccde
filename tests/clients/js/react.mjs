// A page without a browser: jsdom, React's own renderer, and hooks mounted one at a time.

import { JSDOM } from "jsdom";
import { collected, until } from "./session.mjs";

const dom = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
for (const name of ["window", "document"]) globalThis[name] = name === "window" ? dom.window : dom.window.document;

const { createElement, useEffect } = await import("react");
const { createRoot } = await import("react-dom/client");

/** What is kept between two pages of one tab. */
export const tab = dom.window.sessionStorage;

/**
 * Mount a hook: `read()` is what it last gave, `snapshots` every `look(value)` since, `change` renders it with other
 * options, `leave` unmounts it as closing the page does.
 */
export async function mounted(useHook, options, look = () => null) {
  const snapshots = [];
  let latest;
  let ready = false;
  const Page = ({ options: given }) => {
    latest = useHook(given);
    snapshots.push(look(latest));
    useEffect(() => void (ready = true), []); // after the hook's own effects, as anything that a person does
    return null;
  };
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  root.render(createElement(Page, { options }));
  await until(() => ready, "the first rendering");
  return {
    read: () => latest,
    snapshots,
    change: (more) => root.render(createElement(Page, { options: { ...options, ...more } })),
    leave: () => root.unmount(),
    until: (condition, what) => until(() => condition(latest), what),
  };
}

export const texts = (messages) =>
  messages.map(({ content }) =>
    typeof content === "string" ? content : content.map((block) => block.text ?? "").join(""),
  );

export const human = (content) => ({ type: "human", content });
export { collected };
