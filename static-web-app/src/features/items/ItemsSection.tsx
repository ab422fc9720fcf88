import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useState } from "react";
import { useNotices } from "@/shared/notices";
import type { ItemIntent } from "./itemIntent";
import { rowsOf, useItemsPage } from "./itemQueries";
import { ItemsHeader } from "./ItemsHeader";
import { needsNotice, ItemsNotice } from "./ItemsNotice";
import { ItemsTable } from "./ItemsTable";
import { SearchBar } from "./SearchBar";
import { useItemSearch } from "./useItemSearch";
import { type KeysetPages, useKeysetPages } from "./useKeysetPages";

const ItemDialogs = lazy(() => import("./ItemDialogs").then((module) => ({ default: module.ItemDialogs })));

export function ItemsSection() {
  const pages = useKeysetPages();
  const query = useItemsPage(pages.cursor);
  const search = useItemSearch();
  const [intent, setIntent] = useState<ItemIntent | null>(null);
  const { announce } = useNotices();
  const create = () => setIntent({ kind: "create" });
  const nextCursor = query.data?.data.next_cursor ?? null;
  const searching = search.found !== null;
  return (
    <>
      <ItemsTable
        rows={search.found ?? (query.data ? rowsOf(query.data) : [])}
        loading={query.isPending}
        header={<ItemsHeader query={query} onCreate={create} />}
        above={
          <SpaceBetween size="s">
            {needsNotice(query) && <ItemsNotice query={query} />}
            <SearchBar
              text={search.text}
              found={search.found?.length ?? 0}
              loaded={search.loaded.length}
              onLoadMore={nextCursor === null ? null : () => pages.goTo(pages.index + 1, nextCursor)}
              loadingMore={query.isFetching}
              onChange={search.setText}
            />
          </SpaceBetween>
        }
        empty={searching ? <NothingFound /> : query.isError ? <></> : <NoItems onCreate={create} />}
        footer={searching ? null : pagesFooter(pages, nextCursor)}
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

function NothingFound() {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <strong>No loaded item matches</strong>
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
