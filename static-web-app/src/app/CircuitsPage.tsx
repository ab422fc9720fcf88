import { CircuitsSection } from "@/features/circuits/CircuitsSection";
import { usePageTitle } from "@/shared/pageTitle";

export function CircuitsPage() {
  usePageTitle("Circuits");
  return <CircuitsSection />;
}
