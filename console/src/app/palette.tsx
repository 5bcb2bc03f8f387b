import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useDeferredValue, useId, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { read, searchExecutions, type MachineRow } from "@/api/reads";
import { Modal } from "@/ui/cloudscape";
import { address } from "@/ui/screen";

import { PAGES } from "./pages";
import "./palette.css";

const SHOWN = 6;

interface Target {
  kind: "pages" | "machine" | "execution";
  text: string;
  to: string;
}

/** Machines and executions whose names begin with a text. */
async function named(text: string, signal: AbortSignal): Promise<Target[]> {
  const [machines, executions] = await Promise.all([
    read<{ rows: MachineRow[] }>("machines", { prefix: text, limit: SHOWN }, signal),
    searchExecutions({ query: `name^${JSON.stringify(text)}`, limit: SHOWN }, signal),
  ]);
  return [
    ...machines.rows.map(({ name, arn }) => ({ kind: "machine" as const, text: name, to: address(["machines", arn]) })),
    ...executions.rows.map(({ name, arn, machineName }) => ({
      kind: "execution" as const,
      text: `${machineName} / ${name}`,
      to: address(["executions", arn]),
    })),
  ];
}

function useTargets(text: string): Target[] {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["palette", text],
    queryFn: ({ signal }) => named(text, signal),
    enabled: text !== "",
    placeholderData: keepPreviousData,
  });
  const pages = PAGES.map(({ to, name }) => ({ kind: "pages" as const, text: t(`app.navigation.${name}`), to: to as string }));
  const wanted = text.toLowerCase();
  return [...pages.filter((page) => page.text.toLowerCase().includes(wanted)), ...(text ? (found.data ?? []) : [])];
}

/** Go anywhere by a few letters of its name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const router = useRouter();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const targets = useTargets(useDeferredValue(text.trim()));
  const at = Math.min(active, targets.length - 1);

  const go = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    router.history.push((router.basepath === "/" ? "" : router.basepath) + target.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setActive((at + step + targets.length) % Math.max(1, targets.length));
    else if (event.key === "Enter") go(targets[at]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal visible header={t("app.palette.title")} closeAriaLabel={t("ui.close")} onDismiss={onClose} data-testid="palette">
      <input
        className="sw-palette__field"
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        aria-label={t("app.palette.placeholder")}
        placeholder={t("app.palette.placeholder")}
        value={text}
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} className="sw-palette__list" role="listbox" aria-label={t("app.palette.results")}>
        {targets.map((target, index) => (
          <li key={target.to} id={`${id}-${index}`} role="option" aria-selected={index === at} onClick={() => go(target)}>
            <span className="sw-ellipsis">{target.text}</span>
            <span className="sw-muted">{t(`app.palette.${target.kind}`)}</span>
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p className="sw-muted">{t("app.palette.nothing")}</p>}
    </Modal>
  );
}
