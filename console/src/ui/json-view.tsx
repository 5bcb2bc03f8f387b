import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "./cloudscape";
import { Copy } from "./copy";
import { download } from "./download";
import { size } from "./format";
import { textLines, type JsonLine } from "./json-lines";
import "./json-view.css";

interface JsonViewProps {
  /** JSON text, or any text. */
  text: string;
  label: string;
  /** Name of the file when it is downloaded. */
  file?: string;
  maxHeight?: number | string;
  testid?: string;
}

const LINE_PX = 20;
const LINES_MAX = 40;
const LINE_CHARACTERS = 2_000;

/** A payload for reading: virtual lines, search, copy of a path or a value, download. */
export function JsonView({ text, label, file = "value.json", maxHeight = LINES_MAX * LINE_PX, testid }: JsonViewProps) {
  const { t } = useTranslation();
  const id = useId();
  const [wanted, setWanted] = useState("");
  const search = useDeferredValue(wanted.toLowerCase());
  const [active, setActive] = useState(-1);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => textLines(text), [text]);
  const found = useMemo(() => (search ? matches(lines, search) : []), [lines, search]);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => LINE_PX, overscan: 10 });
  const chosen = lines[active];

  const go = (index: number) => {
    setActive(index);
    rows.scrollToIndex(index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    go(Math.max(0, Math.min(lines.length - 1, active + step)));
    event.preventDefault();
  };
  const next = () => found.length > 0 && go(found.find((index) => index > active) ?? found[0] ?? 0);

  return (
    <div className="sw-json" data-testid={testid}>
      <div className="sw-json__bar">
        <input
          className="sw-json__search"
          type="search"
          value={wanted}
          placeholder={t("ui.json.search")}
          aria-label={t("ui.json.searchIn", { label })}
          onChange={(event) => setWanted(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && next()}
        />
        {search && <span className="sw-muted sw-number">{t("ui.json.found", { count: found.length })}</span>}
        {chosen?.path && <Copy text={chosen.path} label={t("ui.json.copyPath", { path: chosen.path })} />}
        <Copy text={chosen ? valueText(chosen) : text} label={chosen ? t("ui.json.copyValue") : t("ui.json.copyAll")} />
        <Button variant="icon" iconName="download" ariaLabel={t("ui.json.download")} onClick={() => download(file, text)} />
        <span className="sw-muted sw-number">{size(text)}</span>
      </div>
      <div
        ref={scroller}
        className="sw-json__lines"
        style={{ maxHeight, height: Math.min(lines.length, LINES_MAX) * LINE_PX + 2 }}
        role="listbox"
        aria-label={label}
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: rows.getTotalSize(), position: "relative" }} role="presentation">
          {rows.getVirtualItems().map((item) => (
            <Line
              key={item.key}
              id={`${id}-${item.index}`}
              line={lines[item.index] as JsonLine}
              top={item.start}
              selected={item.index === active}
              found={search !== "" && matches([lines[item.index] as JsonLine], search).length > 0}
              onChoose={() => setActive(item.index)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface LineProps {
  id: string;
  line: JsonLine;
  top: number;
  selected: boolean;
  found: boolean;
  onChoose: () => void;
}

function Line({ id, line, top, selected, found, onChoose }: LineProps) {
  const text = line.text.length > LINE_CHARACTERS ? `${line.text.slice(0, LINE_CHARACTERS)}…` : line.text;
  return (
    <div
      id={id}
      role="option"
      aria-selected={selected}
      data-found={found}
      className="sw-json__line"
      style={{ transform: `translateY(${top}px)`, paddingInlineStart: 10 + Math.min(line.depth, 40) * 14 }}
      onClick={onChoose}
    >
      {line.key !== null && <span className="sw-json__key">{JSON.stringify(line.key)}: </span>}
      <span className={`sw-json__${line.kind}`}>{text}</span>
    </div>
  );
}

function matches(lines: readonly JsonLine[], search: string): number[] {
  return lines.flatMap((line, index) => (`${line.key ?? ""} ${line.text}`.toLowerCase().includes(search) ? [index] : []));
}

function valueText(line: JsonLine): string {
  return typeof line.value === "string" ? line.value : JSON.stringify(line.value, null, 2);
}
