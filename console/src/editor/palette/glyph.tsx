import { typeGlyph } from "@/graph/glyphs";

/** The glyph of a type of state, the same as on the graph; a pattern has that of several lines. */
export function StateGlyph({ type }: { type: string }) {
  return (
    <svg className="sw-offer-glyph" viewBox="0 0 16 16" aria-hidden="true" data-type={type}>
      <path d={typeGlyph(type === "Pattern" ? "Parallel" : type)} />
    </svg>
  );
}
