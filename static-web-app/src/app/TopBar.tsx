import { Link, useLocation } from "wouter";
import { PRODUCT } from "@/shared/pageTitle";
import { LiveStatus } from "./LiveStatus";
import { PAGES, preloadPage } from "./pages";
import { SessionControl } from "./SessionControl";
import { ThemeSwitch } from "./ThemeSwitch";

export function TopBar() {
  const [location] = useLocation();
  return (
    <header className="top-bar">
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <Link href="/" className="brand" aria-label={`${PRODUCT}, start page`}>
        <img src="/favicon.svg" alt="" width="28" height="28" />
        <span className="brand-name">{PRODUCT}</span>
      </Link>
      <nav aria-label="Pages">
        {PAGES.map(({ path, name }) => (
          <Link
            key={path}
            href={path}
            aria-current={location === path ? "page" : undefined}
            onPointerEnter={() => preloadPage(path)}
          >
            {name}
          </Link>
        ))}
      </nav>
      <LiveStatus />
      <SessionControl />
      <ThemeSwitch />
    </header>
  );
}
