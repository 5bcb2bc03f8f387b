/** What a screen is given by the route that leads to it: the address is its state, and it changes by `onSearch`. */
export interface ScreenProps<Search extends object = Record<never, never>> {
  /** The ARN in the address, where there is one. */
  arn: string;
  search: Search;
  /** Change parts of the address. `push` makes a step that Back returns from; without it the present step is replaced. */
  onSearch: (change: Partial<Search>, push?: "push") => void;
  /** Go to another address within the console. */
  onGo: (to: string) => void;
}

export type RawSearch = Record<string, unknown>;

/** A text in an address, or `undefined`. */
export function textIn(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  if (typeof value === "number" || typeof value === "boolean") return String(value); // the router reads them as such
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** One of some words in an address; the first of them if there is none or another. */
export function wordIn<Word extends string>(raw: RawSearch, name: string, words: readonly [Word, ...Word[]]): Word {
  return words.find((word) => word === raw[name]) ?? words[0];
}

/** A whole number in an address, or `undefined`. */
export function numberIn(raw: RawSearch, name: string): number | undefined {
  const value = textIn(raw, name) ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** The address of a view: parts that may hold anything are encoded. */
export function address(parts: readonly string[], search: object = {}): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `/${parts.map(encodeURIComponent).join("/")}${given.length ? `?${query}` : ""}`;
}
