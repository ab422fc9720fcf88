import Alert from "@cloudscape-design/components/alert";
import { type NoticeProps, useGoesByItself } from "./useGoesByItself";

export function OneNotice({ notice, dismiss }: NoticeProps) {
  useGoesByItself({ notice, dismiss });
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
