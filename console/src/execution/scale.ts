/** A stretch of time and where it is drawn, in parts of the whole width. */
interface Piece {
  fromMs: number;
  toMs: number;
  from: number;
  to: number;
  folded: boolean;
}

/** Maps moments to places on a line from 0 to 1. Idle stretches may be folded, so that a week's wait leaves room for the rest. */
export interface Scale {
  fromMs: number;
  toMs: number;
  pieces: readonly Piece[];
}

const FOLDED_WIDTH = 0.02;
const FOLDED_PIECES_MAX = 12;
/** A stretch without events is idle when it is longer than this part of the whole. */
const IDLE_PART = 0.08;

/** A scale over a stretch of time; `moments` are those at which something happened, in order. */
export function scaleOver(fromMs: number, toMs: number, moments: readonly number[], folding: boolean): Scale {
  const end = Math.max(toMs, fromMs + 1);
  const gaps = folding ? idleGaps(fromMs, end, moments) : [];
  const idle = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const width = (1 - gaps.length * FOLDED_WIDTH) / Math.max(1, end - fromMs - idle);
  const pieces: Piece[] = [];
  let at = 0;
  let ms = fromMs;
  const put = (to: number, folded: boolean) => {
    if (to <= ms) return;
    const next = at + (folded ? FOLDED_WIDTH : (to - ms) * width);
    pieces.push({ fromMs: ms, toMs: to, from: at, to: next, folded });
    [at, ms] = [next, to];
  };
  for (const [from, to] of gaps) {
    put(from, false);
    put(to, true);
  }
  put(end, false);
  return { fromMs, toMs: end, pieces };
}

function idleGaps(fromMs: number, toMs: number, moments: readonly number[]): [number, number][] {
  const within = [fromMs, ...moments.filter((ms) => ms > fromMs && ms < toMs), toMs];
  const gaps = within.slice(1).map((to, index): [number, number] => [within[index] as number, to]);
  const idle = gaps.filter(([from, to]) => to - from > (toMs - fromMs) * IDLE_PART);
  if (idle.length >= gaps.length) return []; // nothing but gaps: folding all of them says less than none
  return idle
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, FOLDED_PIECES_MAX)
    .sort((a, b) => a[0] - b[0]);
}

/** Where a moment is drawn: 0 is the left end, 1 the right one. */
export function placeOf(scale: Scale, ms: number): number {
  const piece = scale.pieces.find((one) => ms <= one.toMs) ?? scale.pieces.at(-1);
  if (!piece) return 0;
  const part = (ms - piece.fromMs) / (piece.toMs - piece.fromMs);
  return Math.min(1, Math.max(0, piece.from + part * (piece.to - piece.from)));
}

/** The moment that is drawn at a place. */
export function momentAt(scale: Scale, place: number): number {
  const piece = scale.pieces.find((one) => place <= one.to) ?? scale.pieces.at(-1);
  if (!piece) return scale.fromMs;
  const part = (place - piece.from) / (piece.to - piece.from);
  return piece.fromMs + Math.min(1, Math.max(0, part)) * (piece.toMs - piece.fromMs);
}
