import { CircuitsPanel } from "@/features/circuits/CircuitsPanel";
import { CircuitsStrip } from "@/features/circuits/CircuitsStrip";
import { ItemsSection } from "@/features/items/ItemsSection";
import { useMedia, WIDE } from "@/shared/media";
import { usePageTitle } from "@/shared/pageTitle";

export function ItemsPage() {
  usePageTitle("Items");
  const wide = useMedia(WIDE);
  return (
    <div className="items-page">
      {!wide && <CircuitsStrip />}
      <div className="items-column">
        <ItemsSection />
      </div>
      {wide && <CircuitsPanel />}
    </div>
  );
}
