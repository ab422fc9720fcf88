import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useEffect, useState } from "react";

export const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];

const REMEMBERED_AS = "theme";
const PREFERS_DARK = "(prefers-color-scheme: dark)";

export function rememberedTheme(): Theme {
  const remembered = localStorage.getItem(REMEMBERED_AS);
  return THEMES.find((theme) => theme === remembered) ?? "system";
}

export function applyTheme(theme: Theme) {
  const dark = theme === "dark" || (theme === "system" && window.matchMedia(PREFERS_DARK).matches);
  applyMode(dark ? Mode.Dark : Mode.Light);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(rememberedTheme);
  useEffect(() => {
    applyTheme(theme);
    localStorage.setItem(REMEMBERED_AS, theme);
    const system = window.matchMedia(PREFERS_DARK);
    const follow = () => applyTheme(theme);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [theme]);
  return [theme, setTheme];
}
