// The partitions of a mirror as one button each, topic by topic, worst first.
//
// Buttons rather than a canvas: each has a name, a focus and a place in the page. Ten thousand of them turning in
// one task hold the page up for 170 ms of the processor (a canvas: 24); in small pieces, with topics out of view
// skipped by content-visibility, for 40.

import { count, counted, element, seconds, setText, words } from "./format.js";
import { later } from "./work.js";

const TOPICS_SHOWN = 500;
const CELLS_AT_ONCE = 100;
const PAST = 4;

export class HeatMap {
  constructor(root, words, onLook) {
    this.list = root.querySelector(".topics");
    this.more = root.querySelector(".more");
    this.filter = root.querySelector(".filter input");
    this.words = words;
    this.onLook = onLook;
    this.most = TOPICS_SHOWN;
    this.topics = [];
    this.more.addEventListener("click", () => this.showMore());
    this.filter.addEventListener("input", () => this.arrange());
    this.list.addEventListener("keydown", (event) => this.move(event));
    for (const kind of ["pointerover", "focusin", "click"]) {
      this.list.addEventListener(kind, (event) => this.look(event));
    }
  }

  begin(topics, cells, stats) {
    let first = 0;
    this.topics = topics.map(([name, copy, state, page, fallback, partitions], number) => {
      const length = typeof partitions === "number" ? partitions : partitions.length;
      const numbers = typeof partitions === "number" ? null : partitions;
      const topic = { number, name, copy, state, page, fallback, numbers, first, length, row: null, cells: [] };
      first += length;
      return topic;
    });
    this.severities = Uint8Array.from(cells, Number);
    this.owner = new Uint32Array(first);
    for (const topic of this.topics) this.owner.fill(topic.number, topic.first, topic.first + topic.length);
    this.list.replaceChildren();
    stats.forEach((row, number) => this.setStats(number, row));
    this.arrange();
  }

  change(cells, stats) {
    if (typeof cells === "string") {
      for (let cell = 0; cell < cells.length; cell++) this.setCell(cell, cells.charCodeAt(cell) - 48);
    } else if (cells) {
      for (let at = 0; at < cells.length; at += 2) this.setCell(cells[at], cells[at + 1]);
    }
    if (!stats) return;
    for (const [number, ...row] of stats) this.setStats(number, row);
    this.arrange();
  }

  setStats(number, [severity, drift, worst, lag, unmeasured, lost]) {
    const topic = this.topics[number];
    Object.assign(topic, { severity, drift, worst, lag, unmeasured, lost });
    if (topic.row) later(() => this.writeStats(topic));
  }

  setCell(cell, severity) {
    if (this.severities[cell] === severity) return;
    this.severities[cell] = severity;
    const topic = this.topics[this.owner[cell]];
    const button = topic.cells[cell - topic.first];
    if (!button) return;
    // Painted by whatever the severity is by then: two changes in one frame are one.
    later(() => this.paint(topic, button, cell));
  }

  paint(topic, button, cell) {
    const severity = this.severities[cell];
    button.className = `cell s${severity}`;
    button.ariaLabel = `partition ${this.partition(topic, cell - topic.first)}: ${this.words[severity]}`;
  }

  partition(topic, at) {
    return topic.numbers ? topic.numbers[at] : at;
  }

  // Worst first; but among topics within their thresholds by name, so that rows do not jump about.
  order() {
    const wanted = this.filter.value.trim().toLowerCase();
    const found = wanted ? this.topics.filter((topic) => topic.name.toLowerCase().includes(wanted)) : [...this.topics];
    return found.sort(
      (a, b) =>
        b.severity - a.severity ||
        (a.severity >= PAST ? b.drift - a.drift : 0) ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
  }

  arrange() {
    const order = this.order();
    const shown = order.slice(0, this.most);
    const focused = document.activeElement;
    let next = this.list.firstElementChild;
    for (const topic of shown) {
      if (!topic.row) topic.row = this.makeRow(topic);
      if (topic.row === next) next = next.nextElementSibling;
      else this.list.insertBefore(topic.row, next);
    }
    while (next) {
      const gone = next;
      next = next.nextElementSibling;
      gone.remove();
    }
    // Moving a row takes the focus from the cell in it.
    if (focused !== document.activeElement && this.list.contains(focused)) focused.focus({ preventScroll: true });
    const hidden = order.length - shown.length;
    this.more.hidden = hidden === 0;
    setText(this.more, hidden ? `Show more: ${counted(hidden, "topic")}, none worse than these` : "");
  }

  showMore() {
    this.most += TOPICS_SHOWN;
    this.arrange();
  }

  makeRow(topic) {
    const row = element("li");
    topic.title = element("h4", "", topic.name);
    topic.stat = element("p", "stat");
    topic.strip = element("div", "cells");
    topic.strip.setAttribute("role", "group");
    topic.strip.setAttribute("aria-label", `partitions of ${topic.name}`);
    topic.strip.dataset.topic = topic.number;
    row.append(topic.title, topic.stat, topic.strip);
    this.writeStats(topic, row);
    for (let from = 0; from < topic.length; from += CELLS_AT_ONCE) {
      later(() => this.makeCells(topic, from, Math.min(topic.length, from + CELLS_AT_ONCE)));
    }
    return row;
  }

  makeCells(topic, from, to) {
    const made = [];
    for (let at = from; at < to; at++) {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = at === 0 ? 0 : -1;
      button.dataset.at = at;
      this.paint(topic, button, topic.first + at);
      topic.cells[at] = button;
      made.push(button);
    }
    topic.strip.append(...made);
  }

  writeStats(topic, row = topic.row) {
    row.className = `topic s${topic.severity}`;
    const parts = [this.words[topic.severity]];
    if (topic.state !== "mirroring") parts.push(words(topic.state));
    if (topic.drift !== null) {
      const on = topic.worst === null || topic.drift === 0 ? "" : ` on ${topic.worst}`;
      parts.push(`${seconds(topic.drift)}${on}`);
    }
    if (topic.lag !== null) parts.push(counted(topic.lag, "record"));
    if (topic.unmeasured) parts.push(`${count(topic.unmeasured)} unmeasured`);
    if (topic.lost) parts.push(`${counted(topic.lost, "record")} lost`);
    setText(topic.stat, parts.join(" · "));
  }

  cellOf(node) {
    const button = node.closest("button.cell");
    if (!button) return null;
    const topic = this.topics[button.parentElement.dataset.topic];
    return { topic, at: Number(button.dataset.at), button };
  }

  look(event) {
    const cell = this.cellOf(event.target);
    if (!cell) return;
    this.onLook(cell.topic, this.partition(cell.topic, cell.at), event.type !== "pointerover");
  }

  // Arrows walk the partitions of a topic and, up and down, from topic to topic.
  move(event) {
    const cell = this.cellOf(event.target);
    if (!cell) return;
    const { topic, at } = cell;
    const beside = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: topic.length - 1 }[event.key];
    const towards = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    let to = topic.cells[beside];
    if (towards) {
      const row = topic.row[towards];
      to = row && row.querySelectorAll("button.cell")[Math.min(at, row.querySelectorAll("button.cell").length - 1)];
    }
    if (!to) return;
    event.preventDefault();
    for (const button of to.parentElement.querySelectorAll('[tabindex="0"]')) button.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}
