import { useEffect, useRef, type ReactNode } from "react";

interface LayerProps {
  at: { x: number; y: number };
  label: string;
  onClose: () => void;
  children: ReactNode;
  testid: string;
}

const WIDTH_PX = 300;
const HEIGHT_PX = 420;
const MARGIN_PX = 8;

/** A small panel over the page, where something was pressed. Escape and a press elsewhere close it, and focus returns. */
export function Layer({ at, label, onClose, children, testid }: LayerProps) {
  const root = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const before = document.activeElement;
    const onPress = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) close.current();
    };
    root.current?.querySelector<HTMLElement>("input, button")?.focus();
    window.addEventListener("pointerdown", onPress, true);
    return () => {
      window.removeEventListener("pointerdown", onPress, true);
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  const left = Math.max(MARGIN_PX, Math.min(at.x, window.innerWidth - WIDTH_PX - MARGIN_PX));
  const top = Math.max(MARGIN_PX, Math.min(at.y, window.innerHeight - HEIGHT_PX - MARGIN_PX));
  return (
    <div
      ref={root}
      role="dialog"
      aria-label={label}
      className="sw-layer"
      style={{ left, top, width: WIDTH_PX, maxHeight: HEIGHT_PX }}
      data-testid={testid}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      {children}
    </div>
  );
}
