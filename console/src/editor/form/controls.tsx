/** The small controls of forms: each shows what the text says and tells at once what it shall say instead. */
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { isSame, type Json } from "../text/json";

interface FieldProps {
  label: string;
  name: string;
  required?: boolean;
  hint?: ReactNode;
  problem?: string | undefined;
  warning?: boolean;
  children: (id: string, describedBy: string | undefined) => ReactNode;
}

/** A labelled control with what is wrong about it. `name` is the field of the language, for tests and for problems. */
export function Labelled({ label, name, required, hint, problem, warning, children }: FieldProps) {
  const id = useId();
  const { t } = useTranslation();
  const described = problem || hint ? `${id}-said` : undefined;
  return (
    <div className="sw-field" data-field={name} data-invalid={problem && !warning ? "" : undefined}>
      <label htmlFor={id}>
        {label}
        {required && <span className="sw-required" title={t("editor.form.required")}>{" *"}</span>}
      </label>
      {children(id, described)}
      {described && (
        <div id={described} className={problem ? (warning ? "sw-field-warning" : "sw-field-problem") : "sw-field-hint"}>
          {problem ?? hint}
        </div>
      )}
    </div>
  );
}

interface ControlProps<Value> {
  id?: string | undefined;
  label?: string | undefined;
  describedBy?: string | undefined;
  value: Value;
  onChange: (value: Value) => void;
  testid?: string | undefined;
}

export function TextControl({ id, label, describedBy, value, onChange, mono, placeholder, list, testid, disabled }: ControlProps<string> & { mono?: boolean; placeholder?: string; list?: readonly string[]; disabled?: boolean }) {
  const listId = useId();
  return (
    <>
      <input
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        className={mono ? "sw-input sw-mono" : "sw-input"}
        value={value}
        placeholder={placeholder}
        list={list && listId}
        spellCheck={!mono}
        autoComplete="off"
        disabled={disabled}
        data-testid={testid}
        onChange={(event) => onChange(event.target.value)}
      />
      {list && (
        <datalist id={listId}>
          {list.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </>
  );
}

export function ChoiceControl({ id, label, describedBy, value, onChange, options, testid }: ControlProps<string> & { options: readonly { value: string; text: string }[] }) {
  const known = options.some((option) => option.value === value);
  return (
    <select id={id} aria-label={label} aria-describedby={describedBy} className="sw-input" value={value} data-testid={testid} onChange={(event) => onChange(event.target.value)}>
      {!known && <option value={value}>{value}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.text}
        </option>
      ))}
    </select>
  );
}

export function CheckControl({ id, label, value, onChange, testid }: ControlProps<boolean>) {
  return <input id={id} aria-label={label} type="checkbox" className="sw-check" checked={value} data-testid={testid} onChange={(event) => onChange(event.target.checked)} />;
}

/** How a value is shown where JSON or an expression is written: an expression without its quotes. */
export function shownValue(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" && isExpression(value) ? value : JSON.stringify(value, null, 2);
}

export function isExpression(text: string): boolean {
  return text.startsWith("{%") && text.endsWith("%}");
}

/** What was written: an expression, JSON, or nothing (`undefined`). Throws SyntaxError. */
export function writtenValue(text: string): Json | undefined {
  const plain = text.trim();
  if (plain === "") return undefined;
  return isExpression(plain) ? plain : (JSON.parse(plain) as Json);
}

/** JSON or an expression. What cannot be read yet stays with the person, and the text as it was. */
export function ValueControl({ id, label, describedBy, value, onChange, testid, placeholder }: ControlProps<Json | undefined> & { placeholder?: string }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => shownValue(value));
  const [fault, setFault] = useState(false);
  const told = useRef(value);
  useEffect(() => {
    if (isSame(told.current, value)) return;
    told.current = value;
    setDraft(shownValue(value));
    setFault(false);
  }, [value]);
  const write = (text: string) => {
    setDraft(text);
    try {
      const written = writtenValue(text);
      told.current = written;
      setFault(false);
      onChange(written);
    } catch {
      setFault(true);
    }
  };
  return (
    <>
      <textarea
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={fault}
        className="sw-input sw-mono sw-json"
        value={draft}
        rows={Math.min(14, Math.max(2, draft.split("\n").length))}
        spellCheck={false}
        placeholder={placeholder}
        data-testid={testid}
        onChange={(event) => write(event.target.value)}
      />
      {fault && <div className="sw-field-problem">{t("editor.form.notJson")}</div>}
    </>
  );
}

/** A quiet button with a word on it. */
export function SmallButton({ children, onClick, label, testid, disabled }: { children: ReactNode; onClick: () => void; label?: string; testid?: string; disabled?: boolean }) {
  return (
    <button type="button" className="sw-small-button" aria-label={label} title={label} onClick={onClick} data-testid={testid} disabled={disabled}>
      {children}
    </button>
  );
}
