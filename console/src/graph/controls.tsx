/** Buttons for what the keyboard does to the view. They are no tab stops: the canvas is the one, and has the keys. */
import type { ReactNode, RefObject } from "react";
import { useTranslation } from "react-i18next";

import type { CanvasHandle } from "./moves";

const STEP = 1.2;

const BUTTONS = [
  { text: "zoomIn", path: "M8 3V13M3 8H13", press: (canvas: CanvasHandle) => canvas.zoomBy(STEP) },
  { text: "zoomOut", path: "M3 8H13", press: (canvas: CanvasHandle) => canvas.zoomBy(1 / STEP) },
  { text: "fit", path: "M2.5 6V2.5H6M10 2.5H13.5V6M13.5 10V13.5H10M6 13.5H2.5V10", press: (canvas: CanvasHandle) => canvas.fit() },
  { text: "actualSize", path: "M4 4.5 5.5 3.5V12.5M12 4.5 13.5 3.5V12.5M9.5 6.5V6.6M9.5 10.5V10.6", press: (canvas: CanvasHandle) => canvas.zoomTo(1) },
] as const;

export function Controls({ canvas }: { canvas: RefObject<CanvasHandle | null> }): ReactNode {
  const { t } = useTranslation();
  return (
    <div className="sw-controls">
      {BUTTONS.map(({ text, path, press }) => {
        const label = t(`graph.${text}`);
        return (
          <button key={text} type="button" tabIndex={-1} aria-label={label} title={label} onClick={() => canvas.current && press(canvas.current)}>
            <svg className="sw-glyph" viewBox="0 0 16 16" aria-hidden="true">
              <path d={path} />
            </svg>
          </button>
        );
      })}
    </div>
  );
}
