import { CircuitsPanel } from "@/features/circuits/CircuitsPanel";
import { CircuitsStrip } from "@/features/circuits/CircuitsStrip";
import { IncidentSection } from "@/features/incident/IncidentSection";
import { useMedia, WIDE } from "@/shared/media";
import { usePageTitle } from "@/shared/pageTitle";

export function IncidentPage() {
  usePageTitle("Incident");
  const wide = useMedia(WIDE);
  return (
    <div className="trial-page">
      <h1>An incident, step by step</h1>
      {!wide && <CircuitsStrip />}
      <div className="trial-columns">
        <IncidentSection />
        {wide && <CircuitsPanel />}
      </div>
    </div>
  );
}
