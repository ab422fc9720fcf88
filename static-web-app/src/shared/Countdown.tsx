import { waitInWords } from "./duration";
import { useNow } from "./now";

interface Props {
  until: number;
  waiting: (wait: string) => string;
  over: string;
}

/** Says how long something still takes, and what holds once it is over. */
export function Countdown({ until, waiting, over }: Props) {
  const now = useNow();
  return <>{now < until ? waiting(waitInWords(until - now)) : over}</>;
}
