// The worst drift of the last fifteen minutes, with the thresholds drawn.

import { counted, seconds } from "./format.js";

const SECONDS = 900;
const OLD_SECONDS = 15;
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
    const stretches = this.stretches();
    this.svg.replaceChildren(
      ...this.grid(),
      ...this.gaps(stretches),
      ...this.thresholds(),
      ...this.drift(stretches),
    );
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
    let above = 0;
    for (const [kind, values] of [["page", this.pages], ["fallback", this.fallbacks]]) {
      for (const value of values) {
        const text = `${kind} ${plain(value)}`;
        if (value > this.most) {
          drawn.push(label("threshold", 4, TOP + 4 + 13 * above++, `${text} ↑`, "start"));
          continue;
        }
        const y = this.y(value);
        drawn.push(line(`threshold ${kind}`, 0, y, this.width, y));
        drawn.push(label("threshold", 4, y - 4, text, "start"));
      }
    }
    return drawn;
  }

  // Stretches of measured points; between two of them nothing is known, and no line may say otherwise.
  stretches() {
    const longest = Math.max(OLD_SECONDS, 3 * usualStep(this.points));
    const found = [];
    let last = null;
    for (const point of this.points) {
      if (point[1] === null) last = null;
      else if (last && point[0] - last[0] <= longest) found[found.length - 1].push(point);
      else found.push([point]);
      if (point[1] !== null) last = point;
    }
    return found;
  }

  gaps(stretches) {
    const from = [this.points[0][0], ...stretches.map((stretch) => stretch[stretch.length - 1][0])];
    const to = [...stretches.map((stretch) => stretch[0][0]), this.now];
    return from.flatMap((began, at) => (to[at] > began ? this.band(this.x(began), this.x(to[at])) : []));
  }

  band(from, to) {
    const band = shape("rect", "gap");
    set(band, { x: from, y: TOP, width: Math.max(2, to - from), height: HEIGHT - TOP - BOTTOM });
    const said = to - from > 80 ? "not measured" : "?";
    return [band, label("gap", (from + to) / 2, HEIGHT / 2, said, "middle")];
  }

  drift(stretches) {
    const path = stretches.flatMap((stretch) =>
      stretch.map(([moment, drift], at) => `${at ? "L" : "h0M"}${this.x(moment).toFixed(1)} ${this.y(drift).toFixed(1)}`),
    );
    const drawn = shape("path", "drift");
    if (!path.length) return [];
    // A lone point is a line of no length: its round end is seen.
    set(drawn, { d: `${path.join("").slice(2)}h0` });
    const [moment, last] = this.points[this.points.length - 1];
    if (last === null) return [drawn];
    const dot = shape("circle", "last");
    set(dot, { cx: this.x(moment) - 4, cy: this.y(last), r: 4 });
    return [drawn, dot, label("last", this.width - 12, Math.max(14, this.y(last) - 8), seconds(last), "end")];
  }
}

function usualStep(points) {
  const steps = points.slice(1).map((point, at) => point[0] - points[at][0]);
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
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
