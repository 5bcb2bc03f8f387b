import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

/** Colours of code, out of the theme's own, so that they follow its mode. */
export const highlighting = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.keyword], color: "var(--sw-accent)" },
    { tag: tags.string, color: "var(--sw-succeeded)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--sw-caught)" },
    { tag: [tags.comment, tags.punctuation], color: "var(--sw-muted)" },
    { tag: tags.invalid, color: "var(--sw-failed)" },
  ]),
);
