import { CircuitsStrip } from "@/features/circuits/CircuitsStrip";
import { FaultsSection } from "@/features/faults/FaultsSection";
import { LoadPanel } from "@/features/load/LoadPanel";
import { RequiresSignIn } from "@/shared/session/SessionContext";
import { usePageTitle } from "@/shared/pageTitle";

export function FaultsPage() {
  usePageTitle("Faults");
  return (
    <div className="trial-page">
      <h1>Faults and load</h1>
      <RequiresSignIn to="inject faults">{null}</RequiresSignIn>
      <CircuitsStrip />
      <div className="trial-columns">
        <FaultsSection />
        <LoadPanel />
      </div>
    </div>
  );
}
