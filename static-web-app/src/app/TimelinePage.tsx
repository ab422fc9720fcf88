import { TimelineSection } from "@/features/timeline/TimelineSection";
import { usePageTitle } from "@/shared/pageTitle";

export function TimelinePage() {
  usePageTitle("Timeline");
  return <TimelineSection />;
}
