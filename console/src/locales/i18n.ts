import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import type en from "./en";

export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const TEXTS = { en: () => import("./en"), ko: () => import("./ko") } satisfies Record<Language, () => Promise<unknown>>;

export function isLanguage(text: string): text is Language {
  return text in LANGUAGES;
}

/** The first language of the browser that the console speaks, or English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

/** Speak `language` from now on; its texts are fetched when it is first chosen. */
export async function speak(language: Language): Promise<void> {
  const texts = (await TEXTS[language]()).default;
  if (!i18next.isInitialized) {
    await i18next.use(initReactI18next).init({ lng: language, resources: {}, interpolation: { escapeValue: false }, showSupportNotice: false });
  }
  i18next.addResourceBundle(language, "translation", texts);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
