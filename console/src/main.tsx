import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { preferredLanguage, speak } from "@/locales/i18n";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root");

await speak(preferredLanguage(navigator.languages));
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
