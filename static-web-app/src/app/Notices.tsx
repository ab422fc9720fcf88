import { lazy, Suspense } from "react";
import { useNotices } from "@/shared/notices";

const OneNotice = lazy(() => import("./OneNotice").then((module) => ({ default: module.OneNotice })));

/** What just succeeded, told in a corner that is out of the way. */
export function Notices() {
  const { notices, dismiss } = useNotices();
  return (
    <div className="notices" role="status">
      <Suspense>
        {notices.map((notice) => (
          <OneNotice key={notice.id} notice={notice} dismiss={dismiss} />
        ))}
      </Suspense>
    </div>
  );
}
