// What is known of one partition, asked from the API when somebody looks at it, and again while they do.

import { NOT_MEASURED, clock, count, element, records, seconds, span, words } from "./format.js";

const HOVER_MS = 80;

export class Detail {
  constructor(panel) {
    this.panel = panel;
    this.title = panel.querySelector("h3");
    this.list = panel.querySelector("dl");
    this.shown = null;
    this.asked = 0;
    panel.querySelector(".close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  look(mirror, topic, partition, isPinned) {
    const place = { mirror, topic, partition };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(place, isPinned), isPinned ? 0 : HOVER_MS);
  }

  leave() {
    clearTimeout(this.timer);
    if (!this.isPinned) this.close();
  }

  show(place, isPinned) {
    this.isPinned = isPinned;
    this.shown = place;
    return this.refresh();
  }

  close() {
    clearTimeout(this.timer);
    this.shown = null;
    this.isPinned = false;
    this.panel.hidden = true;
  }

  // Called after each reading of a mirror too.
  async refresh(mirror) {
    const place = this.shown;
    if (!place || (mirror && mirror !== place.mirror)) return;
    const turn = ++this.asked;
    const found = await ask(place);
    if (turn !== this.asked || this.shown !== place) return;
    this.title.textContent = `${place.topic.name} partition ${place.partition}`;
    this.list.replaceChildren(...(found.row ? this.rows(found.row, found) : this.pair("Error", found.error)));
    this.panel.hidden = false;
  }

  rows(row, found) {
    const stable = row.source_last_stable_offset;
    const pairs = [
      ["Unmeasured", why(row.unmeasured)],
      ["Drift", seconds(row.drift_seconds)],
      ["Between", span(row.drift_lower_seconds, row.drift_upper_seconds)],
      ["Lag", records(row.lag_records)],
      ["Position", count(row.position)],
      ["From", origin(row)],
      ["Source", offsets(row.source_log_start_offset, row.source_high_watermark)],
      ["Stable", stable === null || stable === row.source_high_watermark ? null : count(stable)],
      ["Target", offsets(row.target_log_start_offset, row.target_high_watermark)],
      ["Copy", row.target_topic ?? "none"],
      ["State", words(row.state)],
      ["Lost", row.lost_records ? records(row.lost_records) : null],
      ["Resets", row.position_resets ? count(row.position_resets) : null],
      ["Measured", `${clock(found.measured_at)}${found.is_stale ? ", old" : ""}`],
    ];
    return pairs.filter(([, value]) => value !== null).flatMap(([name, value]) => this.pair(name, value));
  }

  pair(name, value) {
    return [element("dt", "", name), element("dd", "", value)];
  }
}

async function ask({ mirror, topic, partition }) {
  const path = `/api/v1/mirrors/${encodeURIComponent(mirror.source)}/${encodeURIComponent(mirror.target)}/partitions`;
  const query = new URLSearchParams({ topic: topic.name, partition });
  try {
    const answer = await fetch(`${path}?${query}`);
    const body = await answer.json();
    return answer.ok ? { ...body, row: body.partitions[0], error: "gone" } : body;
  } catch {
    return { error: "the exporter does not answer" };
  }
}

function why(unmeasured) {
  if (!unmeasured) return null;
  return unmeasured.detail ? `${unmeasured.reason}: ${unmeasured.detail}` : unmeasured.reason;
}

function origin(row) {
  const age = row.origin_age_seconds === null ? "" : `, ${seconds(row.origin_age_seconds)} old`;
  return `${words(row.origin)}${age}${row.is_verified ? ", verified" : ""}`;
}

function offsets(first, end) {
  return first === null && end === null ? NOT_MEASURED : `${count(first)} to ${count(end)}`;
}
