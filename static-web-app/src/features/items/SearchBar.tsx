import Button from "@cloudscape-design/components/button";
import TextFilter from "@cloudscape-design/components/text-filter";

interface Props {
  text: string;
  /** How many of the loaded items match. */
  found: number;
  loaded: number;
  /** Loads one more page; null when there is none. */
  onLoadMore: (() => void) | null;
  loadingMore: boolean;
  onChange: (text: string) => void;
}

/** The API has no search, so this looks through what this page has loaded, and says so. */
export function SearchBar({ text, found, loaded, onLoadMore, loadingMore, onChange }: Props) {
  return (
    <div className="search-bar">
      <TextFilter
        filteringText={text}
        filteringPlaceholder="Search the loaded items"
        filteringAriaLabel="Search the loaded items"
        filteringClearAriaLabel="Clear the search"
        countText={text === "" ? "" : `${found} of ${loaded} loaded items`}
        onChange={({ detail }) => onChange(detail.filteringText)}
      />
      {text !== "" && onLoadMore !== null && (
        <p className="quiet">
          Items on pages that were not loaded yet are not searched.{" "}
          <Button variant="inline-link" onClick={onLoadMore} loading={loadingMore} loadingText="Loading">
            Load one more page
          </Button>
        </p>
      )}
    </div>
  );
}
