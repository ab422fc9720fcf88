/** One thing wrong with the context a deployment was given, and what would be right. */
export interface Mistake {
  readonly setting: string;
  readonly wrong: string;
  readonly right: string;
}

/** Carries every mistake at once, so that one run is enough to learn of all of them. */
export class SettingsError extends Error {
  constructor(readonly mistakes: readonly Mistake[]) {
    super(describe(mistakes));
    this.name = 'SettingsError';
  }
}

function describe(mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? '1 setting is wrong' : `${mistakes.length} settings are wrong`;
  const lines = mistakes.map(({ setting, wrong, right }) => `  ${setting}: ${wrong}\n    right: ${right}`);
  return [`${count}:`, ...lines, 'Settings are passed as: cdk deploy -c <setting>=<value>'].join('\n');
}
