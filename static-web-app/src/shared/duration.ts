const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in at most two units: `8 s`, `2 min 5 s`, `3 h 20 min`, `4 d 2 h`. */
export function durationInWords(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / SECOND) * SECOND);
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return twoUnits(whole, MINUTE, "min", SECOND, "s");
  if (whole < DAY) return twoUnits(whole, HOUR, "h", MINUTE, "min");
  return twoUnits(whole, DAY, "d", HOUR, "h");
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ""}`;
}

export function ageInWords(ms: number): string {
  return ms < SECOND ? "just now" : `${durationInWords(ms)} ago`;
}

/** For times that nobody watches ticking: the largest unit alone. */
export function roughAgeInWords(ms: number): string {
  return ms < MINUTE ? ageInWords(ms) : `${durationInWords(ms).split(" ").slice(0, 2).join(" ")} ago`;
}

/** A wait counts down to zero by its last whole second, so it rounds up. */
export function waitInWords(ms: number): string {
  return durationInWords(Math.ceil(Math.max(0, ms) / SECOND) * SECOND);
}

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function localTime(instant: string | number): string {
  return dateAndTime.format(new Date(instant));
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export function clockTime(instant: number): string {
  return timeOfDay.format(new Date(instant));
}
