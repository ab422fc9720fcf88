import { useUrlState } from "@/shared/urlState";
import type { Filters } from "./filters";
import { VERDICTS } from "./verdict";

const SOURCES = ["database", "cache", "fallback"] as const;
const BY = ["user", "load"] as const;

/** The filters, kept in the page's address; a word that is no choice is none. */
export function useFilters(): [Filters, <Name extends keyof Filters>(name: Name, value: string | null) => void] {
  const [by, setBy] = useUrlState("by");
  const [verdict, setVerdict] = useUrlState("outcome");
  const [source, setSource] = useUrlState("source");
  const [text, setText] = useUrlState("text");
  const setters = { by: setBy, verdict: setVerdict, source: setSource, text: setText };
  const filters = {
    by: known(BY, by),
    verdict: known(VERDICTS, verdict),
    source: known(SOURCES, source),
    text: text ?? "",
  };
  return [filters, (name, value) => setters[name](value === "" ? null : value)];
}

function known<Word extends string>(words: readonly Word[], word: string | null): Word | null {
  return words.find((other) => other === word) ?? null;
}
