"use strict";
// What builds parts of the page, and one connection's story: objects as stories.py packs them -> elements.

const byId = (id) => document.getElementById(id);
const count = (number) => number.toLocaleString("en");
const plural = (number, thing) => `${count(number)} ${thing}${number === 1 ? "" : "s"}`;

const element = (tag, content, className) => {
  const made = document.createElement(tag);
  if (content !== undefined && content !== null) made.textContent = content;
  if (className) made.className = className;
  return made;
};

const button = (content, action, label) => {
  const made = element("button", content);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
};

// One stop of the Tab key for several things, among which the arrow keys, Home and End go (a roving tabindex).
const rove = (group, parts) => {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  parts.forEach((part, place) => part.setAttribute("tabindex", place ? "-1" : "0"));
  group.addEventListener("keydown", (event) => {
    const place = parts.indexOf(event.target);
    const ends = { Home: 0, End: parts.length - 1 };
    const next = parts[ends[event.key] ?? place + (steps[event.key] ?? NaN)];
    if (place < 0 || !next) return;
    event.preventDefault();
    parts[place].setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
};

const unpack = async (text) => {
  const octets = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
};

// A block's stories, of which each text and list is there once: after that its place among all of them stands for it.
const openBlock = (stories, fields) => {
  const made = [];
  const open = (part) => {
    if (typeof part === "number") return made[part];
    const opened = typeof part === "string" ? part : part.map(open);
    made.push(opened);
    return opened;
  };
  return stories.map(([left_out, steps, ...parts]) => ({
    left_out,
    steps: steps.map(([packet, seconds, said]) => [packet, seconds, ...open(said)]),
    ...Object.fromEntries(parts.map((part, place) => [fields[place], open(part)])),
  }));
};

const factList = (facts) => {
  const list = element("dl");
  for (const [name, value, meaning] of facts) {
    const told = element("dd", value);
    if (meaning) told.append(element("span", meaning, "detail"));
    list.append(element("dt", name), told);
  }
  return list;
};

const stepList = (steps) => {
  const list = element("ol", null, "steps");
  for (const [packet, seconds, sender, title, explanation, facts] of steps) {
    const step = element("li");
    const when = element("span", packet === null ? "packet ?" : `packet ${packet}`, "when");
    when.append(element("span", `${seconds.toFixed(6)} s`));
    const what = element("span", null, "what");
    what.append(element("span", sender === "client" ? "client → " : "← server ", "sender"), element("strong", title));
    if (facts) what.append(element("span", ` ${facts}`, "size"));
    if (explanation) what.append(element("span", explanation, "detail"));
    step.append(when, what);
    list.append(step);
  }
  return list;
};

const certificateList = (certificates) => {
  const list = element("ol", null, "chain");
  for (const [side, position, subject, remarks, facts] of certificates) {
    const item = element("li");
    item.append(element("span", `${side}, ${position ? `sent with it, number ${position}` : "its own"}`, "detail"), element("strong", subject));
    for (const remark of remarks) item.append(element("p", remark, "remark"));
    item.append(factList(facts));
    list.append(item);
  }
  return list;
};

const filterLine = (filter) => {
  const line = element("p", null, "filter");
  const code = element("code", filter);
  const copy = button("Copy", async () => {
    try { await navigator.clipboard.writeText(filter); } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    copy.textContent = "Copied";
  }, "Copy the Wireshark display filter");
  line.append("Wireshark display filter: ", code, " ", copy);
  return line;
};

const lines = (texts) => {
  const list = element("ul");
  list.append(...texts.map((text) => element("li", text)));
  return list;
};

// `found` are the findings in words, `times` more facts, `command` what tells the story in a terminal.
const storyParts = (story, found, times, command) => {
  const parts = [element("p", story.outcome, "outcome")];
  const section = (title, part, wanted) => { if (wanted) parts.push(element("h3", title), part); };
  if (story.filter) parts.push(filterLine(story.filter));
  section("What other connections tell about it", lines(story.clues), story.clues.length);
  section("Findings", lines(found), found.length);
  section("What happened", stepList(story.steps), story.steps.length);
  if (story.left_out) parts.push(element("p", `${plural(story.left_out, "later step")} left out: ${command} tells all.`));
  section("What the client offered", factList(story.offered), story.offered.length);
  section("What the server chose", factList(story.chosen), story.chosen.length);
  section("Certificates", certificateList(story.certificates), story.certificates.length);
  for (const line of [story.trust, story.client_trust, ...story.staples]) if (line) parts.push(element("p", line, "trust"));
  section("What cannot be seen here", lines(story.unseen), story.unseen.length);
  section("Where and when", factList([...story.facts, ...times]), true);
  const line = element("p", "The same in a terminal: ", "small");
  line.append(element("code", command));
  return [...parts, line];
};
