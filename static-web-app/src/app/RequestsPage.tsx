import { RequestsSection } from "@/features/requests/RequestsSection";
import { usePageTitle } from "@/shared/pageTitle";

export function RequestsPage() {
  usePageTitle("Requests");
  return (
    <div className="trial-page">
      <h1>Requests</h1>
      <RequestsSection />
    </div>
  );
}
