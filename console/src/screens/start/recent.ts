const KEPT = 10;
const BYTES_MAX = 20_000;

function keyOf(machine: string): string {
  return `stepwell.inputs.${machine}`;
}

/** The inputs that this browser started a machine with, latest first. */
export function recent(machine: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(machine)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

/** Keep an input for the next time. Large ones are not worth the room. */
export function remember(machine: string, text: string): void {
  if (text.length > BYTES_MAX) return;
  const kept = [text, ...recent(machine).filter((other) => other !== text)].slice(0, KEPT);
  try {
    localStorage.setItem(keyOf(machine), JSON.stringify(kept));
  } catch {
    // The browser has no room left: the input is not remembered, and nothing else is lost.
  }
}
