// Small pieces of work, as many per animation frame as leave the page free to answer.

const BUDGET_MS = 8;
// What a piece changes is laid out and painted after it, outside the budget.
const MOST_AT_ONCE = 1500;
const tasks = [];
let first = 0;
let isScheduled = false;

export function later(task) {
  tasks.push(task);
  schedule();
}

function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  // A page in the background gets no frames: what waits there is done on its return.
  requestAnimationFrame(run);
}

function run(began) {
  isScheduled = false;
  const until = Math.max(began, performance.now()) + BUDGET_MS;
  const end = Math.min(tasks.length, first + MOST_AT_ONCE);
  while (first < end && performance.now() < until) tasks[first++]();
  if (first < tasks.length) return schedule();
  tasks.length = 0;
  first = 0;
}
