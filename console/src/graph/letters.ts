/**
 * How wide texts are, without a font at hand: enough to make room for them, to break and to shorten them, the same in the
 * worker, in tests and in exported pictures. In parts of the font size, a little on the generous side.
 */
const NARROW = new Set("ijl.,:;'|!()[]{}ftr-/\\`\"I ");
const BROAD = new Set("mwMW@%&…");
const SQUARE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function letterWidth(letter: string): number {
  if (NARROW.has(letter)) return 0.36;
  if (BROAD.has(letter)) return 0.95;
  if (letter <= "\u007f") return letter >= "A" && letter <= "Z" ? 0.72 : 0.62;
  return SQUARE.test(letter) ? 1 : 0.72;
}

/** The width of a text in a font of `size` pixels. */
export function widthOf(text: string, size: number): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return width * size;
}

/** A text that is no wider than `width`: shortened by an ellipsis if need be. */
export function fitted(text: string, width: number, size: number): string {
  if (widthOf(text, size) <= width) return text;
  return `${beginning(text, width - widthOf("…", size), size).trimEnd()}…`;
}

/** A text in one line or two, broken where a word ends if it can be; the second line is shortened if need be. */
export function inTwoLines(text: string, width: number, size: number): string[] {
  if (widthOf(text, size) <= width) return [text];
  const begun = beginning(text, width, size) || [...text].slice(0, 1).join("");
  let place = begun.length;
  while (place > 0 && !mayBreak(text, place)) place -= 1;
  if (place === 0) place = begun.length;
  return [text.slice(0, place).trimEnd(), fitted(text.slice(place).trimStart(), width, size)];
}

function beginning(text: string, width: number, size: number): string {
  let left = width;
  let kept = "";
  for (const letter of text) {
    left -= letterWidth(letter) * size;
    if (left < 0) break;
    kept += letter;
  }
  return kept;
}

function mayBreak(text: string, place: number): boolean {
  const [before = "", after = ""] = [text[place - 1], text[place]];
  return /[\s\-_/.:]/.test(before) || (/[a-z]/.test(before) && /[A-Z]/.test(after));
}
