import { useUrlState } from "@/shared/urlState";
import { FilterBar } from "./FilterBar";
import { LISTED, matching } from "./filters";
import { RequestDetail } from "./RequestDetail";
import { RequestList } from "./RequestList";
import { savingsOf } from "./savings";
import { SavingsView } from "./SavingsView";
import { useFilters } from "./useFilters";
import { useRequests } from "./useRequests";

/** What was asked from this page since it was loaded, and what became of it. */
export function RequestsSection() {
  const requests = useRequests();
  const [filters, change] = useFilters();
  const [selected, select] = useUrlState("request");
  const found = matching(requests, filters);
  const listed = found.slice(-LISTED).reverse();
  const shown = requests.find(({ id }) => id === selected);
  return (
    <div className="requests">
      <section className="panel" aria-labelledby="savings-heading">
        <h2 id="savings-heading">What retries bought</h2>
        <SavingsView savings={savingsOf(found)} />
      </section>
      <div className="requests-columns">
        <section className="panel requests-found" aria-labelledby="requests-heading">
          <h2 id="requests-heading">
            Requests <span className="quiet number">{countInWords(listed.length, requests.length)}</span>
          </h2>
          <FilterBar filters={filters} found={found.length} onChange={change} />
          {listed.length === 0 ? (
            <p className="quiet">{requests.length === 0 ? NOTHING_YET : "No request matches these filters."}</p>
          ) : (
            <RequestList requests={listed} selected={selected} onSelect={select} />
          )}
        </section>
        {shown !== undefined ? (
          <RequestDetail request={shown} />
        ) : (
          <section className="panel quiet" aria-label="The chosen request">
            {selected === null ? "Choose a request to see the way that it took." : FORGOTTEN}
          </section>
        )}
      </div>
    </div>
  );
}

const NOTHING_YET =
  "Nothing has been asked since this page was loaded. Look at the items, or start a load on the page of faults.";
const FORGOTTEN = "This page does not remember that request: it was asked before the page was loaded, or too long ago.";

function countInWords(listed: number, all: number): string {
  return listed === all ? `${all}` : `${listed} of ${all}`;
}
