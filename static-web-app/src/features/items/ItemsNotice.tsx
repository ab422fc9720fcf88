import Alert from "@cloudscape-design/components/alert";
import type { UseQueryResult } from "@tanstack/react-query";
import type { Served } from "@/api/client";
import { RequestFailed } from "@/shared/RequestFailed";

type ItemsQuery = UseQueryResult<{ served: Served }>;

export function needsNotice({ error, data }: ItemsQuery): boolean {
  return error !== null || data?.served.degraded === true;
}

/** What the reader of the list has to know before trusting it. */
export function ItemsNotice({ query }: { query: ItemsQuery }) {
  const { error, data } = query;
  if (error !== null) {
    return (
      <RequestFailed
        error={error}
        consequence="Items could not be loaded"
        retrying={query.isFetching}
        onRetry={() => void query.refetch()}
      >
        {data && <div>Below is the last answer that came through.</div>}
      </RequestFailed>
    );
  }
  return (
    <Alert type="warning" header="Degraded: these items may be out of date">
      The database did not answer, so the list comes from the {data?.served.source}. Changes may be refused until it is
      back; this page asks again by itself.
    </Alert>
  );
}
