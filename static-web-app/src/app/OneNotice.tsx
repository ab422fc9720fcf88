import Alert from "@cloudscape-design/components/alert";
import { useEffect } from "react";
import type { Notice } from "@/shared/notices";

const SHOWN_FOR_MS = 8_000;

export function OneNotice({ notice, dismiss }: { notice: Notice; dismiss: (id: string) => void }) {
  useEffect(() => {
    const over = setTimeout(() => dismiss(notice.id), SHOWN_FOR_MS);
    return () => clearTimeout(over);
  }, [notice.id, dismiss]);
  return (
    <Alert
      type="success"
      dismissible
      dismissAriaLabel="Dismiss"
      header={<span className="anywhere">{notice.header}</span>}
      onDismiss={() => dismiss(notice.id)}
    >
      {notice.content}
    </Alert>
  );
}
