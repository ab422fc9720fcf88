import { THEMES, type Theme, useTheme } from "./theme";

const SHAPES: Record<Theme, string> = {
  // A sun, a moon and a half-filled disc, drawn in a 16 × 16 box.
  light: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M3 13l1.1-1.1M11.9 4.1 13 3",
  dark: "M13.5 9.5A6 6 0 0 1 6.5 2.500 6 6 0 1 0 13.500 9.500z",
  system: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 2v12M8 5l4.500-1M8 8h6M8 11l4.500 1",
};

export function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  return (
    <fieldset className="theme-switch">
      <legend className="visually-hidden">Theme</legend>
      {THEMES.map((choice) => (
        <label key={choice} title={`${choice} theme`}>
          <input type="radio" name="theme" value={choice} checked={choice === theme} onChange={() => setTheme(choice)} />
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={SHAPES[choice]} />
          </svg>
          <span className="visually-hidden">{choice}</span>
        </label>
      ))}
    </fieldset>
  );
}
