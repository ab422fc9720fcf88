import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { UseQueryResult } from "@tanstack/react-query";
import type { Served } from "@/api/client";
import { ServedLine } from "./ServedLine";

interface Props {
  query: UseQueryResult<{ served: Served }>;
  onCreate: () => void;
}

export function ItemsHeader({ query, onCreate }: Props) {
  return (
    <Header
      variant="h1"
      description={query.data && <ServedLine served={query.data.served} />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button
            iconName="refresh"
            ariaLabel="Refresh items"
            loading={query.isFetching}
            onClick={() => void query.refetch()}
          />
          <Button variant="primary" onClick={onCreate}>
            Create item
          </Button>
        </SpaceBetween>
      }
    >
      Items
    </Header>
  );
}
