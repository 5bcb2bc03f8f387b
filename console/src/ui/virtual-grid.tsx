import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

import "./virtual-grid.css";

export interface GridColumn<Row> {
  id: string;
  header: ReactNode;
  /** A track of CSS grid: `120px`, `minmax(160px, 2fr)`. */
  width: string;
  end?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface VirtualGridProps<Row> {
  label: string;
  columns: readonly GridColumn<Row>[];
  count: number;
  /** How many there are, if that is known before all are loaded: a screen reader tells it. */
  total?: number | undefined;
  /** The row at an index; `undefined` while it is not loaded. */
  row: (index: number) => Row | undefined;
  rowKey: (row: Row) => string;
  /** Key of the row that is chosen. */
  selected?: string | null;
  onOpen?: (row: Row) => void;
  /** The end of what is loaded came into sight. */
  onEnd?: () => void;
  /** Index to bring into sight when it changes. */
  showing?: number | undefined;
  /** Keep the last row in sight while rows are added, until the person scrolls away. */
  following?: boolean;
  rowHeight?: number;
  height?: number | string;
  empty?: ReactNode;
  testid?: string;
}

const PAGE = 10;

/** The index that a key leads to from an index, or `undefined` for other keys. */
function moved(key: string, index: number, last: number): number | undefined {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -Infinity, End: Infinity };
  const step = steps[key];
  return step === undefined ? undefined : Math.max(0, Math.min(last, index + step));
}

/** A table of any length of which only what is seen is in the page. One tab stop; arrows move, Enter opens. */
export function VirtualGrid<Row>(props: VirtualGridProps<Row>) {
  const { columns, count, row, rowKey, selected, onOpen, rowHeight = 36, testid } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const rows = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8 });
  const items = rows.getVirtualItems();
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  useFollowing(rows, props, items.at(-1)?.index ?? 0);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current) return;
    const next = moved(event.key, active, count - 1);
    const here = row(active);
    if (next !== undefined) {
      setActive(next);
      rows.scrollToIndex(next);
    } else if (event.key === "Enter" && here !== undefined) onOpen?.(here);
    else return;
    event.preventDefault();
  };

  if (count === 0 && props.empty) {
    return (
      <div className="sw-grid" data-testid={testid}>
        {props.empty}
      </div>
    );
  }
  return (
    <div className="sw-grid" style={{ height: props.height ?? "100%" }} data-testid={testid}>
      <div
        ref={scroller}
        className="sw-grid__scroll"
        role="grid"
        aria-label={props.label}
        aria-rowcount={Math.max(props.total ?? 0, count) + 1}
        aria-activedescendant={items.some((item) => item.index === active) ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.target === scroller.current && setActive((index) => Math.min(Math.max(index, 0), count - 1))}
      >
        <div role="rowgroup" className="sw-grid__head">
          <div role="row" aria-rowindex={1} className="sw-grid__row" style={{ ...template, height: 34 }}>
            {columns.map((column) => (
              <div key={column.id} role="columnheader" className={cellClass(column)}>
                {column.header}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="sw-grid__body" style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const value = row(item.index);
            return (
              <div
                key={item.key}
                id={`${id}-${item.index}`}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={value !== undefined && rowKey(value) === selected}
                data-active={item.index === active}
                data-testid={testid && `${testid}-row`}
                data-key={value !== undefined ? rowKey(value) : undefined}
                className="sw-grid__row"
                style={{ ...template, height: rowHeight, transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  setActive(item.index);
                  if (value !== undefined && !isOnLink(event.target)) onOpen?.(value);
                }}
              >
                {columns.map((column) => (
                  <div key={column.id} role="gridcell" className={cellClass(column)}>
                    {value === undefined ? "…" : column.cell(value)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** A link in a row goes its own way. */
function isOnLink(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a") !== null;
}

function cellClass<Row>(column: GridColumn<Row>): string {
  return column.end ? "sw-grid__cell sw-grid__cell--end sw-number" : "sw-grid__cell";
}

type Virtualizer = ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>;

/** Bring the wanted row, or the newest one, into sight; tell when the end of what is loaded is seen. */
function useFollowing<Row>(rows: Virtualizer, props: VirtualGridProps<Row>, lastSeen: number): void {
  const { count, showing, following = false, onEnd } = props;
  const before = useRef(count);
  useEffect(() => {
    if (showing !== undefined && showing >= 0) rows.scrollToIndex(showing, { align: "auto" });
  }, [rows, showing]);
  useEffect(() => {
    if (following && count > before.current && lastSeen >= before.current - 2) rows.scrollToIndex(count - 1);
    before.current = count;
  }, [rows, following, count, lastSeen]);
  useEffect(() => {
    if (count > 0 && lastSeen >= count - 1) onEnd?.();
  }, [count, lastSeen, onEnd]);
}
