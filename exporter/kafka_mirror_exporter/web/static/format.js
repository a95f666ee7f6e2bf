// Numbers with their units, as the server writes them too (web/status/sentences.py).

export const NOT_MEASURED = "–";

export function seconds(value) {
  if (value === null || value === undefined) return NOT_MEASURED;
  if (value < 120) return `${value.toFixed(1)} s`;
  const whole = Math.floor(value);
  if (whole < 7200) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86400)}d ${Math.floor((whole % 86400) / 3600)}h`;
}

export function count(value) {
  return value === null || value === undefined ? NOT_MEASURED : value.toLocaleString("en-US");
}

export function counted(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function records(value) {
  return value === null ? NOT_MEASURED : counted(value, "record");
}

// `awaiting_target` and the like, which are labels elsewhere.
export function words(label) {
  return label.replaceAll("_", " ");
}

export function clock(epochSeconds) {
  return new Date(epochSeconds * 1000).toLocaleTimeString("en-GB");
}

export function span(low, high) {
  return low === null || high === null ? NOT_MEASURED : `${seconds(low)} to ${seconds(high)}`;
}

// Every name on the page goes through here: text, never markup.
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// What a reader hears or sees is touched only when it is something else.
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
