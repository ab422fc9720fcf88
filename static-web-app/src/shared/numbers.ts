/** A share in percent, with a decimal where whole percents would hide it. */
export function percent(rate: number): string {
  return `${(rate * 100).toFixed(rate > 0 && rate < 0.1 ? 1 : 0)} %`;
}

/** Calls per second, as precise as they are worth reading. */
export function perSecond(rate: number): string {
  return `${rate >= 10 ? Math.round(rate).toLocaleString() : Number(rate.toFixed(rate >= 1 ? 1 : 2))}/s`;
}

/**
 * Where the true rate lies with 95 % confidence, given how many of so many calls it struck: the
 * score interval of E. B. Wilson (1927), which is sound for few calls too.
 */
export function wilsonInterval(struck: number, calls: number): readonly [low: number, high: number] | null {
  if (calls === 0) return null;
  const z = 1.96;
  const rate = struck / calls;
  const spread = z * Math.sqrt((rate * (1 - rate)) / calls + (z * z) / (4 * calls * calls));
  const centre = rate + (z * z) / (2 * calls);
  const scale = 1 + (z * z) / calls;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}
