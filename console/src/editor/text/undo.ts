/** One undo stack over the whole text. Changes of one gesture are one step, wherever in the editor they were made. */
export interface Step {
  /** What was replaced, at `at`: `removed` gave way to `added`. */
  at: number;
  removed: string;
  added: string;
  gesture: string;
  timeMs: number;
}

export interface UndoStack {
  text: string;
  done: readonly Step[];
  undone: readonly Step[];
}

const PAUSE_MS = 700;
const STEPS_MAX = 500;

export function undoStack(text: string): UndoStack {
  return { text, done: [], undone: [] };
}

/** The one replacement that turns a text into another. */
export function difference(before: string, after: string): { at: number; removed: string; added: string } {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before.charCodeAt(at) === after.charCodeAt(at)) at += 1;
  let tail = 0;
  while (tail < shorter - at && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)) tail += 1;
  return { at, removed: before.slice(at, before.length - tail), added: after.slice(at, after.length - tail) };
}

function replaced(text: string, at: number, removed: string, added: string): string {
  return text.slice(0, at) + added + text.slice(at + removed.length);
}

/**
 * The stack with a new text on it. A gesture that is named goes on as one step until there is a pause; "" is a gesture
 * of its own.
 */
export function changed(stack: UndoStack, text: string, gesture: string, timeMs: number): UndoStack {
  if (text === stack.text) return stack;
  const last = stack.done[stack.done.length - 1];
  if (gesture !== "" && last?.gesture === gesture && timeMs - last.timeMs < PAUSE_MS) {
    const before = replaced(stack.text, last.at, last.added, last.removed);
    const rest = stack.done.slice(0, -1);
    if (before === text) return { text, done: rest, undone: [] };
    return { text, done: [...rest, { ...difference(before, text), gesture, timeMs }], undone: [] };
  }
  const step: Step = { ...difference(stack.text, text), gesture, timeMs };
  return { text, done: [...stack.done, step].slice(-STEPS_MAX), undone: [] };
}

export function undo(stack: UndoStack): UndoStack {
  const step = stack.done[stack.done.length - 1];
  if (!step) return stack;
  return { text: replaced(stack.text, step.at, step.added, step.removed), done: stack.done.slice(0, -1), undone: [...stack.undone, { ...step, timeMs: 0 }] };
}

export function redo(stack: UndoStack): UndoStack {
  const step = stack.undone[stack.undone.length - 1];
  if (!step) return stack;
  return { text: replaced(stack.text, step.at, step.removed, step.added), done: [...stack.done, step], undone: stack.undone.slice(0, -1) };
}
