import { Link } from "wouter";
import { usePageTitle } from "@/shared/pageTitle";
import { PAGES } from "./pages";

export function UnknownPage() {
  usePageTitle("Not found");
  return (
    <div className="full-page">
      <h1>There is no such page</h1>
      <p>There are these:</p>
      <ul>
        {PAGES.map(({ path, name }) => (
          <li key={path}>
            <Link href={path}>{name}</Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
