import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";

import { preferredLanguage, type Language } from "@/locales/i18n";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export const ZONES = ["local", "utc"] as const;
export const DENSITIES = ["comfortable", "compact"] as const;

export interface Preferences {
  language: Language;
  theme: (typeof THEMES)[number];
  zone: (typeof ZONES)[number];
  density: (typeof DENSITIES)[number];
  /** Whether single letters act (`G M`, `F`, `J`); a screen reader may need them for itself. */
  letters: boolean;
  /** Whether executions open with the text outline instead of the drawn graph. */
  outline: boolean;
}

const START: Preferences = {
  language: preferredLanguage(typeof navigator === "undefined" ? [] : navigator.languages),
  theme: "system",
  zone: "local",
  density: "comfortable",
  letters: true,
  outline: false,
};

/** What this person chose, kept in this browser. */
export const usePreferences = create<Preferences>()(
  persist((): Preferences => START, { name: "stepwell.preferences", version: 1, storage: createJSONStorage(() => localStorage) }),
);

export function prefer(change: Partial<Preferences>): void {
  usePreferences.setState(change);
}
