import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { useEffect, useId, useRef } from "react";
import { Changed } from "./itemCells";
import { type Choices, type Conflict, type Difference, differences, FIELDS, type Side } from "./conflict";
import type { DraftErrors, DraftField } from "./draft";

export const FIELD_NAMES: Record<DraftField, string> = {
  name: "Name",
  description: "Description",
  quantity: "Quantity",
};

interface Props {
  conflict: Conflict;
  choices: Choices;
  errors: DraftErrors;
  onChoose: (field: DraftField, side: Side) => void;
  onEditOn: () => void;
}

/** Two versions of an item side by side; each field that differs is chosen from one of them. */
export function ConflictFields({ conflict, choices, errors, onChoose, onEditOn }: Props) {
  const { base, theirs } = conflict;
  const found = differences(conflict);
  const same = FIELDS.filter((field) => found.every((difference) => difference.field !== field));
  const heading = useRef<HTMLDivElement>(null);
  // The save button that had the focus has done its work; what is to be read now comes first.
  useEffect(() => heading.current?.focus(), [theirs.version]);
  return (
    <div className="conflict">
      <div ref={heading} tabIndex={-1}>
        <Alert type="warning" header={<span role="alert">Not saved: somebody else changed this item</span>}>
          You started from version {base.version}; version {theirs.version} was saved <Changed at={theirs.updated_at} />.{" "}
          {found.length === 0
            ? "It holds what you entered, so there is nothing left to save."
            : "Choose what to keep; nothing is lost until you save."}
        </Alert>
      </div>
      {found.map((difference) => (
        <Choice
          key={difference.field}
          difference={difference}
          chosen={choices[difference.field]}
          error={errors[difference.field]}
          onChoose={(side) => onChoose(difference.field, side)}
        />
      ))}
      {same.length > 0 && (
        <p className="quiet">The same in both: {same.map((field) => FIELD_NAMES[field].toLowerCase()).join(", ")}.</p>
      )}
      <Button variant="inline-link" formAction="none" onClick={onEditOn}>
        Edit these values instead
      </Button>
    </div>
  );
}

interface ChoiceProps {
  difference: Difference;
  chosen: Side | undefined;
  error: string | undefined;
  onChoose: (side: Side) => void;
}

const WHOSE: Record<Difference["changedBy"], string> = {
  yours: "only you changed it",
  theirs: "only they changed it",
  both: "both changed it: choose one",
};

function Choice({ difference, chosen, error, onChoose }: ChoiceProps) {
  const name = useId();
  const { field, changedBy } = difference;
  return (
    <fieldset className="conflict-field">
      <legend>
        <strong>{FIELD_NAMES[field]}</strong> <span className="quiet">{WHOSE[changedBy]}</span>
      </legend>
      {(["yours", "theirs"] as const).map((side) => (
        <label key={side} className={`conflict-side ${chosen === side ? "conflict-chosen" : ""}`}>
          <span className="conflict-whose">
            <input type="radio" name={name} checked={chosen === side} onChange={() => onChoose(side)} />
            {side === "yours" ? "Yours" : "Theirs"}
          </span>
          <span className="conflict-value anywhere">
            {difference[side] === "" ? <em className="quiet">empty</em> : difference[side]}
          </span>
        </label>
      ))}
      {error !== undefined && (
        <p className="conflict-error" role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}
