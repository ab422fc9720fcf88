import type { Circuit } from "@/api/client";
import { durationInWords } from "@/shared/duration";

/** The numbers the circuit decides by, in words; their names carry their units. */
export function Policy({ policy }: { policy: Circuit["policy"] }) {
  return (
    <details className="policy" open>
      <summary>Policy</summary>
      <dl className="facts">
        {Object.entries(policy).map(([name, value]) => {
          const [label, words] = inWords(name, value);
          return (
            <div className="fact" key={name}>
              <dt>{label}</dt>
              <dd>{words}</dd>
            </div>
          );
        })}
      </dl>
    </details>
  );
}

const MS_PER_UNIT: Record<string, number> = { ms: 1, s: 1000 };

export function inWords(name: string, value: unknown): [label: string, words: string] {
  const words = name.split("_");
  // A rate ends like a time: `per_s`.
  if (words.at(-2) === "per") return [sentence(words.slice(0, -2)), `${value} per ${words.at(-1)}`];
  const unit = MS_PER_UNIT[words.at(-1) ?? ""];
  if (unit === undefined || typeof value !== "number") return [sentence(words), String(value ?? "none")];
  const ms = value * unit;
  return [sentence(words.slice(0, -1)), ms < 1000 || ms % 1000 !== 0 ? `${ms.toLocaleString()} ms` : durationInWords(ms)];
}

function sentence(words: readonly string[]): string {
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
