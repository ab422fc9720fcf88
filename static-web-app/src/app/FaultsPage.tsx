import { CircuitsStrip } from "@/features/circuits/CircuitsStrip";
import { FaultsSection } from "@/features/faults/FaultsSection";
import { LoadPanel } from "@/features/load/LoadPanel";
import { Guarded } from "@/shared/session/SessionContext";
import { usePageTitle } from "@/shared/pageTitle";

export function FaultsPage() {
  usePageTitle("Faults");
  return (
    <div className="trial-page">
      <h1>Faults and load</h1>
      <Guarded to="inject faults">{null}</Guarded>
      <CircuitsStrip />
      <div className="trial-columns">
        <FaultsSection />
        <LoadPanel />
      </div>
    </div>
  );
}
