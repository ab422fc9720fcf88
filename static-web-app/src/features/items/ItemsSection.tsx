import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useState } from "react";
import { useNotices } from "@/shared/notices";
import type { ItemIntent } from "./itemIntent";
import { useItemsPage } from "./itemQueries";
import { ItemsHeader } from "./ItemsHeader";
import { needsNotice, ItemsNotice } from "./ItemsNotice";
import { ItemsTable } from "./ItemsTable";
import { type KeysetPages, useKeysetPages } from "./useKeysetPages";

const ItemDialogs = lazy(() => import("./ItemDialogs").then((module) => ({ default: module.ItemDialogs })));

export function ItemsSection() {
  const pages = useKeysetPages();
  const query = useItemsPage(pages.cursor);
  const [intent, setIntent] = useState<ItemIntent | null>(null);
  const { announce } = useNotices();
  const create = () => setIntent({ kind: "create" });
  return (
    <>
      <ItemsTable
        items={query.data?.data.items ?? []}
        copies={query.data?.served.degraded ?? false}
        loading={query.isPending}
        header={<ItemsHeader query={query} onCreate={create} />}
        notice={needsNotice(query) ? <ItemsNotice query={query} /> : null}
        empty={query.isError ? <></> : <NoItems onCreate={create} />}
        footer={pagesFooter(pages, query.data?.data.next_cursor ?? null)}
        onEdit={(item) => setIntent({ kind: "edit", item })}
        onDelete={(item) => setIntent({ kind: "delete", item })}
      />
      {intent !== null && (
        <Suspense>
          <ItemDialogs
            intent={intent}
            onClose={() => setIntent(null)}
            onDone={(notice) => {
              setIntent(null);
              announce(notice);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function pagesFooter(pages: KeysetPages, nextCursor: string | null) {
  if (pages.index === 0 && nextCursor === null) return null;
  return (
    <Box textAlign="center">
      <Pagination
        currentPageIndex={pages.index + 1}
        pagesCount={pages.index + (nextCursor === null ? 1 : 2)}
        ariaLabels={{
          nextPageLabel: "Next page",
          previousPageLabel: "Previous page",
          pageLabel: (page) => `Page ${page}`,
        }}
        onChange={({ detail }) => pages.goTo(detail.currentPageIndex - 1, nextCursor)}
      />
    </Box>
  );
}

function NoItems({ onCreate }: { onCreate: () => void }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <SpaceBetween size="m">
        <div>
          <strong>No items yet</strong>
          <Box color="text-body-secondary">What you create here is stored in the database behind the circuit.</Box>
        </div>
        <Button onClick={onCreate}>Create the first item</Button>
      </SpaceBetween>
    </Box>
  );
}
