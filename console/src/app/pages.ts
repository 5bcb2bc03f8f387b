/** The pages that the shell leads to. */
export const PAGES = [
  { to: "/", name: "dashboard" },
  { to: "/machines", name: "machines" },
  { to: "/executions", name: "executions" },
  { to: "/activities", name: "activities" },
  { to: "/settings", name: "settings" },
] as const;
