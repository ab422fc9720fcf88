import { Component, lazy, type ReactNode, Suspense } from "react";
import { useNotices } from "@/shared/notices";
import { type NoticeProps, useGoesByItself } from "./useGoesByItself";

const OneNotice = lazy(() => import("./OneNotice").then((module) => ({ default: module.OneNotice })));

/** What just succeeded, told in a corner that is out of the way. All of it is read out whenever a part changes. */
export function Notices() {
  const { notices, dismiss } = useNotices();
  return (
    <div className="notices" role="status">
      {notices.map((notice) => (
        <Otherwise key={notice.id} plain={<PlainNotice notice={notice} dismiss={dismiss} />}>
          <Suspense>
            <OneNotice notice={notice} dismiss={dismiss} />
          </Suspense>
        </Otherwise>
      ))}
    </div>
  );
}

/** The looks of a notice may not come, from a host that is away; that something succeeded is told all the same. */
class Otherwise extends Component<{ plain: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.plain : this.props.children;
  }
}

function PlainNotice({ notice, dismiss }: NoticeProps) {
  useGoesByItself({ notice, dismiss });
  return <p className="plain-notice anywhere">{notice.header}</p>;
}
