// One mirror on the page: its line of health, facts, curve, heat map, groups and events.

import { Curve } from "./curve.js";
import { clock, count, counted, element, records, seconds, setText, words } from "./format.js";
import { HeatMap } from "./heatmap.js";

const GROUPS_SHOWN = 50;
const EVENTS_SHOWN = 60;

export class MirrorView {
  constructor(root, detail) {
    this.root = root;
    this.source = root.dataset.source;
    this.target = root.dataset.target;
    this.detail = detail;
    this.curve = new Curve(root.querySelector(".curve svg"));
    this.legend = [...root.querySelectorAll(".legend li")];
    this.words = [];
    for (const item of this.legend) this.words[item.dataset.severity] = item.querySelector(".word").textContent;
    const map = root.querySelector(".map");
    this.map = new HeatMap(map, this.words, (topic, partition, isPinned) =>
      detail.look(this, topic, partition, isPinned),
    );
    map.querySelector(".topics").addEventListener("pointerleave", () => detail.leave());
    this.groups = [];
    this.bornAt = 0;
  }

  begin(message) {
    this.curve.begin(message.points);
    this.map.begin(message.topics, message.cells, message.stats);
    this.groups = message.groups;
    this.root.querySelector(".events").replaceChildren();
    this.tell(message.events);
    const isPolled = message.points.length > 0;
    for (const part of this.root.querySelectorAll(".live")) part.hidden = !isPolled;
    this.root.querySelector(".plain").hidden = isPolled;
    this.finish(message.head);
  }

  change(message) {
    this.curve.add(message.point);
    this.map.change(message.cells, message.stats);
    if (message.groups) this.groups = message.groups;
    for (const [number, ...row] of message.group_rows ?? []) this.groups[number] = row;
    this.tell(message.events);
    this.finish(message.head);
    this.detail.refresh(this);
  }

  finish(head) {
    this.curve.pages = head.pages;
    this.curve.fallbacks = head.fallbacks;
    this.showHead(head);
    this.curve.draw();
    this.showGroups();
    this.showLegend();
  }

  showHead(head) {
    const health = this.root.querySelector(".health");
    health.className = `health ${head.line.tone}`;
    setText(health.querySelector(".symbol"), head.line.symbol);
    setText(health.querySelector("strong"), head.line.word);
    setText(health.querySelector(".sentence"), head.line.sentence);
    this.root.classList.toggle("old", head.line.word === "Stale");
    this.fact("drift", seconds(head.drift_seconds));
    this.fact("lag", records(head.lag_records));
    for (const name of ["topics", "partitions", "unmeasured", "groups"]) this.fact(name, count(head[name]));
    for (const side of head.sides) this.showSide(side);
    this.showFallback(head.fallback);
    this.age = head.age_seconds;
    this.bornAt = performance.now();
    this.tick();
  }

  showFallback(lines) {
    const list = this.root.querySelector("ul.fallback");
    const texts = lines.map((line) => `Fallback ${line.text}`);
    list.hidden = lines.length === 0;
    if (list.children.length === texts.length && texts.every((text, at) => list.children[at].textContent === text)) return;
    list.replaceChildren(...lines.map((line, at) => element("li", line.tone, texts[at])));
  }

  showSide(side) {
    const facts = this.root.querySelector(".facts");
    let place = facts.querySelector(`[data-side="${side.side}"]`);
    if (!place) {
      place = element("div");
      place.dataset.side = side.side;
      place.append(element("dt", "", side.side === "source" ? "Source" : "Target"), element("dd"));
      facts.append(place);
    }
    place.classList.toggle("down", !side.is_up);
    setText(place.querySelector("dd"), side.text);
  }

  // Once a second: the age of the data goes on without a message.
  tick() {
    if (this.age === null) return;
    this.fact("age", seconds(this.age + (performance.now() - this.bornAt) / 1000));
  }

  fact(name, text) {
    setText(this.root.querySelector(`[data-fact="${name}"]`), text);
  }

  showLegend() {
    const numbers = new Array(this.words.length).fill(0);
    for (const severity of this.map.severities ?? []) numbers[severity]++;
    for (const item of this.legend) {
      setText(item.querySelector(".number"), count(numbers[item.dataset.severity]));
      item.classList.toggle("none-now", numbers[item.dataset.severity] === 0);
    }
  }

  showGroups() {
    const order = [...this.groups].sort((a, b) => b[1] - a[1] || (b[4] ?? 0) - (a[4] ?? 0) || (a[0] < b[0] ? -1 : 1));
    const body = this.root.querySelector(".groups tbody");
    const rows = order.slice(0, GROUPS_SHOWN).map((group) => this.groupRow(group));
    body.replaceChildren(...(rows.length ? rows : [this.emptyRow()]));
    const hidden = order.length - rows.length;
    setText(this.root.querySelector(".rest"), hidden > 0 ? `${counted(hidden, "more group")}, none worse than these.` : "");
  }

  groupRow([name, severity, state, , lagSeconds, lagRecords, members]) {
    const row = element("tr", `s${severity}`);
    const health = element("td");
    const cell = element("span", `cell s${severity}`);
    cell.ariaHidden = "true";
    health.append(cell, " ", element("span", "word", this.words[severity]));
    const title = element("th", "", name);
    title.scope = "row";
    row.append(title, health, element("td", "", words(state)));
    for (const text of [seconds(lagSeconds), count(lagRecords), count(members)]) {
      row.append(element("td", "number", text));
    }
    return row;
  }

  emptyRow() {
    const row = element("tr");
    const cell = element("td", "", "None.");
    cell.colSpan = 6;
    row.append(cell);
    return row;
  }

  tell(events) {
    const list = this.root.querySelector(".events");
    for (const event of events) {
      const item = element("li", event.tone);
      const time = element("time", "", clock(event.at));
      time.dateTime = new Date(event.at * 1000).toISOString();
      item.append(time, ` ${event.text}`);
      list.prepend(item);
    }
    while (list.childElementCount > EVENTS_SHOWN) list.lastElementChild.remove();
    if (list.childElementCount > 1) list.querySelector("li.nothing")?.remove();
    if (!list.childElementCount) list.append(element("li", "none nothing", "Nothing since the start."));
  }
}
