import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";

import { ApiFailure } from "@/api/failure";
import { speak } from "@/locales/i18n";
import { ComponentMessages } from "@/ui/messages";
import { usePreferences } from "@/ui/preferences";
import { wear } from "@/ui/theme";

import { makeRouter } from "./router";

const ATTEMPTS = 2;

/** A refusal is an answer: only silence and faults of the server are asked again. */
function isWorthAnotherTry(failures: number, error: Error): boolean {
  return failures < ATTEMPTS && !(error instanceof ApiFailure && error.status < 500);
}

const client = new QueryClient({
  defaultOptions: { queries: { retry: isWorthAnotherTry, staleTime: 1_000, refetchOnWindowFocus: true, networkMode: "always" } },
});
const router = makeRouter();

export function App() {
  const { language, theme, density } = usePreferences();
  useEffect(() => void speak(language), [language]);
  useEffect(() => {
    wear({ theme, density });
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => wear({ theme, density });
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [theme, density]);
  return (
    <ComponentMessages language={language}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ComponentMessages>
  );
}
