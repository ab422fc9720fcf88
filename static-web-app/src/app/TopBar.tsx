import { Link, useLocation } from "wouter";
import { ApiHealth } from "@/features/health/ApiHealth";
import { PRODUCT } from "@/shared/pageTitle";
import { ThemeSwitch } from "./ThemeSwitch";

const PAGES = [
  { href: "/", name: "Items" },
  { href: "/circuits", name: "Circuits" },
];

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
        {PAGES.map(({ href, name }) => (
          <Link key={href} href={href} aria-current={location === href ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <ApiHealth />
      <ThemeSwitch />
    </header>
  );
}
