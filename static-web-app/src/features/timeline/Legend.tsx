/** What the colours and marks mean; each differs in more than colour. */
export function Legend() {
  return (
    <ul className="legend">
      <li>
        <Swatch className="bar-passed" /> succeeded
      </li>
      <li>
        <Swatch className="bar-failed" /> failed
      </li>
      <li>
        <Swatch className="bar-rejected" /> rejected by the circuit
      </li>
      <li>
        <svg width="18" height="12" aria-hidden="true">
          <path className="traffic-line" d="M0 9H6V3H12V7H18" />
        </svg>
        answered by the fallback
      </li>
      <li>
        <svg width="12" height="12" aria-hidden="true">
          <path className="ribbon-mark" d="M2 2H10L6 9z" />
        </svg>
        transition
      </li>
      <li>
        <svg width="12" height="12" aria-hidden="true">
          <path className="ribbon-mark-by-hand" d="M6 1 11 6 6 11 1 6z" />
        </svg>
        override, by hand
      </li>
      <li className="quiet">While all is well the fleet counts failed and slow calls alone; once an outage is suspected, successes too. Rejected calls are those of this page.</li>
    </ul>
  );
}

function Swatch({ className }: { className: string }) {
  return (
    <svg width="12" height="12" aria-hidden="true">
      <rect className={className} width="12" height="12" />
    </svg>
  );
}
