import TextFilter from "@cloudscape-design/components/text-filter";
import type { Filters } from "./filters";
import { VERDICT_WORDS, VERDICTS } from "./verdict";

interface Props {
  filters: Filters;
  found: number;
  onChange: (name: keyof Filters, value: string | null) => void;
}

export function FilterBar({ filters, found, onChange }: Props) {
  return (
    <div className="filter-bar" role="search" aria-label="Requests">
      <TextFilter
        filteringText={filters.text}
        filteringPlaceholder="Path, status, request id, problem"
        filteringAriaLabel="Filter requests by text"
        filteringClearAriaLabel="Clear the filter"
        countText={filters.text === "" ? "" : `${found} found`}
        onChange={({ detail }) => onChange("text", detail.filteringText)}
      />
      <Choice
        label="Asked by"
        value={filters.by}
        options={{ user: "you", load: "the load generator" }}
        onChange={(value) => onChange("by", value)}
      />
      <Choice
        label="Outcome"
        value={filters.verdict}
        options={Object.fromEntries(VERDICTS.map((verdict) => [verdict, VERDICT_WORDS[verdict]]))}
        onChange={(value) => onChange("verdict", value)}
      />
      <Choice
        label="Source"
        value={filters.source}
        options={{ database: "database", cache: "cache", fallback: "fallback" }}
        onChange={(value) => onChange("source", value)}
      />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string | null;
  options: Record<string, string>;
  onChange: (value: string | null) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className="choice">
      <span className="quiet">{label}</span>
      <select value={value ?? ""} onChange={({ target }) => onChange(target.value || null)}>
        <option value="">any</option>
        {Object.entries(options).map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
