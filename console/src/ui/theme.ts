import { applyDensity, applyMode, Density, Mode } from "@cloudscape-design/global-styles";
import * as tokens from "component-tokens";

import type { Preferences } from "./preferences";

/** Tokens of the component set that get our accent, and those that get the stronger one under a pointer. */
const ACCENTED = [
  tokens.colorBackgroundButtonPrimaryDefault,
  tokens.colorBorderButtonNormalDefault,
  tokens.colorTextButtonNormalDefault,
  tokens.colorTextLinkDefault,
  tokens.colorTextAccent,
  tokens.colorBorderItemFocused,
  tokens.colorBackgroundControlChecked,
  tokens.colorBackgroundSegmentActive,
  tokens.colorBorderSegmentActive,
  tokens.colorBackgroundLayoutToggleSelectedDefault,
  tokens.colorTextLinkSecondaryDefault,
  tokens.colorTextLinkInfoDefault,
  tokens.colorTextLinkButtonNormalDefault,
];
const STRONG = [
  tokens.colorBackgroundButtonPrimaryHover,
  tokens.colorBackgroundButtonPrimaryActive,
  tokens.colorTextButtonNormalHover,
  tokens.colorTextLinkHover,
  tokens.colorBackgroundLayoutToggleSelectedHover,
  tokens.colorBackgroundLayoutToggleSelectedActive,
  tokens.colorTextLinkSecondaryHover,
  tokens.colorTextLinkInfoHover,
  tokens.colorTextLinkButtonNormalHover,
  tokens.colorTextLinkButtonNormalActive,
];
const FONTS = [tokens.fontFamilyBase, tokens.fontFamilyHeading];

/** A token reads `var(--name, value)`: the declaration that gives the name another value. */
function given(token: string, value: string): string {
  const name = /--[\w-]+/.exec(token)?.[0] ?? "";
  return `${name}: ${value};`;
}

/**
 * Our own accent and the fonts of the person's system, put into the component set once. Its own way to be themed would bring
 * the tables of all its themes along, an eighth of a first visit.
 */
export function dress(): void {
  const declarations = [
    ...ACCENTED.map((token) => given(token, "var(--sw-accent)")),
    ...STRONG.map((token) => given(token, "var(--sw-accent-strong)")),
    ...FONTS.map((token) => given(token, "var(--sw-font)")),
    given(tokens.fontFamilyMonospace, "var(--sw-mono)"),
  ];
  const style = document.createElement("style");
  style.textContent = `body, body.awsui-dark-mode, body.awsui-visual-refresh { ${declarations.join(" ")} }`;
  document.head.append(style);
}

/** Whether a theme is dark here and now. */
export function isDark(theme: Preferences["theme"]): boolean {
  if (theme === "light" || theme === "dark") return theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Wear a theme and a density from now on. */
export function wear({ theme, density }: Pick<Preferences, "theme" | "density">): void {
  const dark = isDark(theme);
  applyMode(dark ? Mode.Dark : Mode.Light);
  applyDensity(density === "compact" ? Density.Compact : Density.Comfortable);
  document.body.classList.toggle("sw-contrast", theme === "contrast");
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}
