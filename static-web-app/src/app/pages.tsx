import { lazy } from "react";
import { Link } from "wouter";
import { CircuitsPanel } from "@/features/circuits/CircuitsPanel";
import { CircuitsStrip } from "@/features/circuits/CircuitsStrip";
import { ItemsSection } from "@/features/items/ItemsSection";
import { useMedia, WIDE } from "@/shared/media";
import { usePageTitle } from "@/shared/pageTitle";

const CircuitsSection = lazy(() =>
  import("@/features/circuits/CircuitsSection").then((module) => ({ default: module.CircuitsSection })),
);

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

export function CircuitsPage() {
  usePageTitle("Circuits");
  return <CircuitsSection />;
}

export function UnknownPage() {
  usePageTitle("Not found");
  return (
    <div className="full-page">
      <h1>There is no such page</h1>
      <p>
        Go to the <Link href="/">items</Link> or the <Link href="/circuits">circuits</Link>.
      </p>
    </div>
  );
}
