// The worst drift of the last fifteen minutes, with the thresholds drawn.

import { counted, seconds } from "./format.js";

const SECONDS = 900;
const HEIGHT = 150;
const TOP = 10;
const BOTTOM = 20;
const SVG = "http://www.w3.org/2000/svg";

export class Curve {
  constructor(svg) {
    this.svg = svg;
    this.points = [];
    this.pages = [];
    this.fallbacks = [];
    new ResizeObserver(() => this.draw()).observe(svg);
  }

  begin(points) {
    this.points = points;
  }

  add(point) {
    this.points.push(point);
    const oldest = point[0] - SECONDS;
    while (this.points[0][0] < oldest) this.points.shift();
  }

  draw() {
    const width = this.svg.clientWidth;
    if (!width || !this.points.length) return;
    this.width = width;
    this.now = this.points[this.points.length - 1][0];
    const known = this.points.map((point) => point[1]).filter((drift) => drift !== null);
    const highest = Math.max(0, ...known);
    const lines = [...this.pages, ...this.fallbacks];
    // At least the lowest threshold is in the picture; a higher one comes in when drift nears it.
    this.most = Math.max(highest * 1.15, lines.length ? Math.min(...lines) * 1.35 : 1);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.setAttribute("aria-label", this.spoken(highest, known.length));
    this.svg.replaceChildren(...this.grid(), ...this.gaps(), ...this.thresholds(), ...this.drift());
  }

  spoken(highest, measured) {
    const last = this.points[this.points.length - 1][1];
    if (!measured) return "Worst drift of the last 15 minutes: never measured";
    const missing = this.points.length - measured;
    const gaps = missing ? `, not measured in ${counted(missing, "poll")}` : "";
    return `Worst drift of the last 15 minutes: now ${seconds(last)}, highest ${seconds(highest)}${gaps}`;
  }

  x(moment) {
    return this.width * (1 - (this.now - moment) / SECONDS);
  }

  y(drift) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - drift / this.most);
  }

  grid() {
    const base = this.y(0);
    const made = [line("axis", 0, base, this.width, base)];
    for (const minutes of [15, 10, 5]) {
      const x = this.width * (1 - minutes / 15);
      made.push(label("tick", x + 2, HEIGHT - 5, `−${minutes} min`, "start"));
    }
    made.push(label("tick", this.width - 2, HEIGHT - 5, "now", "end"));
    return made;
  }

  thresholds() {
    const drawn = [];
    for (const [kind, values] of [["page", this.pages], ["fallback", this.fallbacks]]) {
      for (const value of values) {
        if (value > this.most) continue;
        const y = this.y(value);
        drawn.push(line(`threshold ${kind}`, 0, y, this.width, y));
        drawn.push(label(`threshold ${kind}`, 4, y - 4, `${kind} ${plain(value)}`, "start"));
      }
    }
    return drawn;
  }

  // Where nothing was measured there is no line, and a band says so.
  gaps() {
    const made = [];
    this.points.forEach(([moment, drift], at) => {
      if (drift !== null) return;
      const from = this.x(at ? this.points[at - 1][0] : moment);
      const band = shape("rect", "gap");
      set(band, { x: from, y: TOP, width: Math.max(2, this.x(moment) - from), height: HEIGHT - TOP - BOTTOM });
      made.push(band);
    });
    return made;
  }

  drift() {
    const path = [];
    let isDown = false;
    for (const [moment, drift] of this.points) {
      if (drift !== null) path.push(`${isDown ? "L" : "M"}${this.x(moment).toFixed(1)} ${this.y(drift).toFixed(1)}`);
      isDown = drift !== null;
    }
    const drawn = shape("path", "drift");
    set(drawn, { d: path.join("") });
    const [moment, last] = this.points[this.points.length - 1];
    if (last === null) return [drawn];
    const dot = shape("circle", "last");
    set(dot, { cx: this.x(moment) - 4, cy: this.y(last), r: 4 });
    return [drawn, dot, label("last", this.width - 12, Math.max(14, this.y(last) - 8), seconds(last), "end")];
  }
}

function plain(value) {
  return value < 120 ? `${Number(value.toFixed(2))} s` : seconds(value).replace(" 0s", "");
}

function shape(tag, className) {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute("class", className);
  return made;
}

function set(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
}

function line(className, x1, y1, x2, y2) {
  const made = shape("line", className);
  set(made, { x1, y1, x2, y2 });
  return made;
}

function label(className, x, y, text, anchor) {
  const made = shape("text", className);
  set(made, { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}
