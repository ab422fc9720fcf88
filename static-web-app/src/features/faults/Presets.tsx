import Button from "@cloudscape-design/components/button";
import { useInject } from "@/shared/faults/faultQueries";
import { faultInWords, TARGET_NAMES } from "@/shared/faults/faultWords";
import { RequestFailed } from "@/shared/RequestFailed";
import { type Preset, PRESETS } from "./presets";
import type { FaultTarget } from "@/api/client";

export function Presets({ disabled }: { disabled: boolean }) {
  return (
    <section aria-labelledby="presets-heading">
      <h2 id="presets-heading">Troubles to try</h2>
      <ul className="presets">
        {PRESETS.map((preset) => (
          <PresetCard key={preset.id} preset={preset} disabled={disabled} />
        ))}
      </ul>
    </section>
  );
}

function PresetCard({ preset, disabled }: { preset: Preset; disabled: boolean }) {
  const inject = useInject();
  const start = () => inject.mutate(preset.plan);
  return (
    <li className="panel preset" aria-label={preset.name}>
      <h3>{preset.name}</h3>
      <p className="preset-plan">{planInWords(preset)}</p>
      <p className="quiet">{preset.expect}</p>
      {inject.error !== null && (
        <RequestFailed error={inject.error} consequence="Not started" retrying={inject.isPending} onRetry={start} />
      )}
      <Button
        onClick={start}
        disabled={disabled}
        loading={inject.isPending}
        loadingText="Starting"
        ariaLabel={`Start: ${preset.name}`}
      >
        Start
      </Button>
    </li>
  );
}

function planInWords({ plan }: Preset): string {
  const faults = Object.entries(plan) as [FaultTarget, NonNullable<(typeof plan)[FaultTarget]>][];
  const parts = faults.map(([target, { kind, latency_ms, rate = 1, expires_in_s }]) => {
    const words = faultInWords({ kind, latency_ms: latency_ms ?? null, rate });
    return `${TARGET_NAMES[target]}: ${words} for ${expires_in_s} s`;
  });
  return parts.join(" · ");
}
