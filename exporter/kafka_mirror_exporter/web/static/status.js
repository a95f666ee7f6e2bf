// The live page: one stream of events, told to the mirror each is about.

import { Detail } from "./detail.js";
import { setText } from "./format.js";
import { MirrorView } from "./mirror.js";

const SILENCE_MS = 12_000;
const RETRY_MS = 5_000;

const connection = document.getElementById("connection");
const detail = new Detail(document.getElementById("detail"));
const views = new Map();
for (const root of document.querySelectorAll("section.mirror")) {
  const view = new MirrorView(root, detail);
  views.set(key(view), view);
}
let stream = null;
let heardAt = performance.now();

function key({ source, target }) {
  return JSON.stringify([source, target]);
}

function connect() {
  stream?.close();
  stream = new EventSource("/events");
  stream.addEventListener("mirror", hear((message) => views.get(key(message.head))?.begin(message)));
  stream.addEventListener("change", hear((message) => views.get(key(message.head))?.change(message)));
  stream.addEventListener("pulse", hear(pulse));
  stream.addEventListener("error", () => {
    say("lost", "connection lost, trying again");
    // A refusal closes the stream for good: the browser would not try again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
}

function hear(handle) {
  return (event) => {
    heardAt = performance.now();
    say("live", "live");
    handle(JSON.parse(event.data));
  };
}

function pulse({ heads }) {
  const isSame = heads.length === views.size && heads.every((head) => views.has(key(head)));
  // Mirrors came or went with another configuration.
  if (!isSame) return location.reload();
  for (const head of heads) views.get(key(head)).showHead(head);
}

function say(state, text) {
  connection.className = state;
  document.body.classList.toggle("lost", state === "lost");
  setText(connection, text);
}

setInterval(() => {
  for (const view of views.values()) view.tick();
  if (performance.now() - heardAt > SILENCE_MS) {
    say("lost", "nothing heard, trying again");
    heardAt = performance.now();
    connect();
  }
}, 1000);
connect();
