import { I18nProvider, type I18nProviderProps } from "@cloudscape-design/components/i18n";
import { useEffect, useState, type ReactNode } from "react";

import type { Language } from "@/locales/i18n";

type Messages = I18nProviderProps.Messages;

const MESSAGES: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import("@cloudscape-design/components/i18n/messages/all.en"),
  ko: () => import("@cloudscape-design/components/i18n/messages/all.ko"),
};

/** The component set's own texts in the language that the console speaks. */
export function ComponentMessages({ language, children }: { language: Language; children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Messages[]>([]);
  useEffect(() => {
    let wanted = true;
    void MESSAGES[language]().then((loaded) => wanted && setMessages([loaded.default]));
    return () => {
      wanted = false;
    };
  }, [language]);
  return (
    <I18nProvider locale={language} messages={[...messages]}>
      {children}
    </I18nProvider>
  );
}
