import { create } from "zustand";

export interface Flash {
  id: number;
  type: "success" | "error" | "warning" | "info" | "in-progress";
  text: string;
  detail?: string;
}

const KEPT = 5;

/** Messages about what was done, newest first. */
export const useFlashes = create<{ flashes: Flash[] }>(() => ({ flashes: [] }));

let latest = 0;

/** Tell the person something that outlives the view it happened in. Answers the id to dismiss it by. */
export function flash(message: Omit<Flash, "id">): number {
  const id = ++latest;
  useFlashes.setState(({ flashes }) => ({ flashes: [{ ...message, id }, ...flashes].slice(0, KEPT) }));
  return id;
}

export function dismiss(id: number): void {
  useFlashes.setState(({ flashes }) => ({ flashes: flashes.filter((flash) => flash.id !== id) }));
}
