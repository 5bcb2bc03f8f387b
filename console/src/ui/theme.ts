import { applyTheme } from "@cloudscape-design/components/theming";
import { applyDensity, applyMode, Density, Mode } from "@cloudscape-design/global-styles";

import type { Preferences } from "./preferences";

const ACCENT = { light: "#0a6a86", dark: "#5cc8e6" };
const STRONG = { light: "#084f64", dark: "#9fe0f2" };

/** Our own accent and the fonts of the person's system, put into the component set once. */
export function dress(): void {
  applyTheme({
    theme: {
      tokens: {
        fontFamilyBase: "var(--sw-font)",
        fontFamilyHeading: "var(--sw-font)",
        fontFamilyMonospace: "var(--sw-mono)",
        colorBackgroundButtonPrimaryDefault: ACCENT,
        colorBackgroundButtonPrimaryHover: STRONG,
        colorBackgroundButtonPrimaryActive: STRONG,
        colorBorderButtonNormalDefault: ACCENT,
        colorTextButtonNormalDefault: ACCENT,
        colorTextButtonNormalHover: STRONG,
        colorTextLinkDefault: ACCENT,
        colorTextLinkHover: STRONG,
        colorTextAccent: ACCENT,
        colorBorderItemFocused: ACCENT,
        colorBackgroundControlChecked: ACCENT,
        colorBackgroundSegmentActive: ACCENT,
        colorBorderSegmentActive: ACCENT,
        colorBackgroundLayoutToggleSelectedDefault: ACCENT,
        colorBackgroundLayoutToggleSelectedHover: STRONG,
        colorBackgroundLayoutToggleSelectedActive: STRONG,
        colorTextLinkSecondaryDefault: ACCENT,
        colorTextLinkSecondaryHover: STRONG,
        colorTextLinkInfoDefault: ACCENT,
        colorTextLinkInfoHover: STRONG,
        colorTextLinkButtonNormalDefault: ACCENT,
        colorTextLinkButtonNormalHover: STRONG,
        colorTextLinkButtonNormalActive: STRONG,
      },
    },
  });
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
