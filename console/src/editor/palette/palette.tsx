import { useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ExpandableSection } from "@/ui/cloudscape";

import { PATTERNS, words } from "../blueprints";
import { TextControl } from "../form/controls";
import { STATE_TYPES } from "../language";

import { useSdkActions, useServices } from "./actions";
import { StateGlyph } from "./glyph";
import { DRAGGED, type Offer } from "./offers";
import { useDropSnippet, useSnippets } from "./snippets";

const SHOWN_MAX = 60;
const FIRST_SERVICES = ["lambda", "states", "sqs", "sns", "dynamodb", "http", "events"];

interface PaletteProps {
  /** An offer was clicked, or Enter pressed on it. */
  onTake: (offer: Offer) => void;
}

/** All that can be added: types of states, actions by service, patterns, and the person's own snippets. Enter in the search takes the first. */
export function Palette({ onTake }: PaletteProps) {
  const { t } = useTranslation();
  const root = useRef<HTMLDivElement>(null);
  const [wanted, setWanted] = useState("");
  const find = wanted.trim().toLowerCase();
  const fits = (...texts: string[]) => find === "" || texts.some((text) => text.toLowerCase().includes(find));
  const types = STATE_TYPES.filter((type) => fits(type, t(`editor.types.${type}`)));
  const patterns = PATTERNS.filter((pattern) => fits(pattern, t(`editor.patterns.${pattern}.title`)));
  return (
    <div className="sw-palette" data-testid="palette" ref={root}>
      <div onKeyDown={(event) => event.key === "Enter" && root.current?.querySelector<HTMLElement>(".sw-offer > button")?.click()}>
        <TextControl label={t("editor.palette.search")} placeholder={t("editor.palette.search")} testid="palette-search" value={wanted} onChange={setWanted} />
      </div>
      <Part title={t("editor.palette.flow")} count={types.length} testid="palette-flow">
        {types.map((type) => (
          <Item key={type} offer={{ kind: "type", type }} title={type} detail={t(`editor.types.${type}`)} glyph={<StateGlyph type={type} />} onTake={onTake} testid={`offer-${type}`} />
        ))}
      </Part>
      <Actions find={find} onTake={onTake} />
      <Part title={t("editor.palette.patterns")} count={patterns.length} testid="palette-patterns">
        {patterns.map((pattern) => (
          <Item
            key={pattern}
            offer={{ kind: "pattern", pattern }}
            title={t(`editor.patterns.${pattern}.title`)}
            detail={t(`editor.patterns.${pattern}.text`)}
            glyph={<StateGlyph type="Pattern" />}
            onTake={onTake}
            testid={`offer-${pattern}`}
          />
        ))}
      </Part>
      <Snippets find={find} onTake={onTake} />
    </div>
  );
}

function Part({ title, count, testid, children, open = true }: { title: string; count: number; testid: string; children: ReactNode; open?: boolean }) {
  if (count === 0) return null;
  return (
    <div data-testid={testid}>
      <ExpandableSection headerText={title} defaultExpanded={open} headingTagOverride="h3">
        <ul className="sw-offers">{children}</ul>
      </ExpandableSection>
    </div>
  );
}

interface ItemProps {
  offer: Offer;
  title: string;
  detail?: string | undefined;
  glyph: ReactNode;
  onTake: (offer: Offer) => void;
  testid: string;
  isAway?: boolean;
  extra?: ReactNode;
}

function Item({ offer, title, detail, glyph, onTake, testid, isAway, extra }: ItemProps) {
  const { t } = useTranslation();
  return (
    <li className="sw-offer">
      <button
        type="button"
        draggable
        data-testid={testid}
        onClick={() => onTake(offer)}
        onDragStart={(event) => {
          event.dataTransfer.setData(DRAGGED, JSON.stringify(offer));
          event.dataTransfer.effectAllowed = "copy";
        }}
      >
        {glyph}
        <span className="sw-offer-text">
          <span>{title}</span>
          {detail && <span className="sw-muted">{detail}</span>}
          {isAway && <span className="sw-field-warning">{t("editor.palette.away")}</span>}
        </span>
      </button>
      {extra}
    </li>
  );
}

/** The optimized actions by service, and with a search also those of the SDK. */
function Actions({ find, onTake }: { find: string; onTake: (offer: Offer) => void }) {
  const { t } = useTranslation();
  const services = useServices().data;
  const [service, setService] = useState<string>();
  const sdkActions = useSdkActions(service === undefined ? undefined : `aws-sdk:${service}`).data?.actions ?? [];
  const found = useMemo(() => {
    const all = (services?.optimized ?? []).flatMap(({ name, actions }) => actions.map((action) => ({ service: name, ...action })));
    const order = (name: string) => (FIRST_SERVICES.includes(name) ? FIRST_SERVICES.indexOf(name) : FIRST_SERVICES.length);
    return all.filter((one) => find === "" || `${one.service} ${one.name} ${words(one.name)}`.toLowerCase().includes(find)).sort((one, other) => Number(other.available) - Number(one.available) || order(one.service) - order(other.service));
  }, [services, find]);
  const sdk = find === "" ? [] : (services?.sdk ?? []).filter((name) => name.includes(find)).slice(0, 12);
  const item = (name: string, action: string, isAway: boolean) => (
    <Item
      key={`${name}:${action}`}
      offer={{ kind: "action", service: name, action, pattern: "" }}
      title={words(action)}
      detail={name}
      glyph={<StateGlyph type="Task" />}
      onTake={onTake}
      isAway={isAway}
      testid={`offer-${name}-${action}`}
    />
  );
  return (
    <>
      <Part title={t("editor.palette.actions")} count={found.length} testid="palette-actions" open={find !== ""} key={find === "" ? "closed" : "open"}>
        {found.slice(0, SHOWN_MAX).map((one) => item(one.service, one.name, !one.available))}
      </Part>
      <Part title={t("editor.palette.sdk")} count={sdk.length} testid="palette-sdk">
        {sdk.map((name) => (
          <li key={name}>
            <button type="button" className="sw-offer-service" aria-expanded={service === name} onClick={() => setService(service === name ? undefined : name)} data-testid={`service-${name}`}>
              {name}
            </button>
            {service === name && <ul className="sw-offers">{sdkActions.map((action) => item(`aws-sdk:${name}`, action, false))}</ul>}
          </li>
        ))}
      </Part>
    </>
  );
}

function Snippets({ find, onTake }: { find: string; onTake: (offer: Offer) => void }) {
  const { t } = useTranslation();
  const snippets = (useSnippets().data ?? []).filter(({ name }) => name.toLowerCase().includes(find));
  const drop = useDropSnippet();
  return (
    <Part title={t("editor.palette.snippets")} count={snippets.length} testid="palette-snippets">
      {snippets.map(({ name, state }) => (
        <Item
          key={name}
          offer={{ kind: "snippet", state }}
          title={name}
          detail={String(state.value.Type ?? "")}
          glyph={<StateGlyph type={String(state.value.Type)} />}
          onTake={onTake}
          testid={`snippet-${name}`}
          extra={
            <button type="button" className="sw-small-button" aria-label={t("editor.palette.dropSnippet", { name })} onClick={() => drop.mutate(name)}>
              ✕
            </button>
          }
        />
      ))}
    </Part>
  );
}
